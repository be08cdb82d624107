"""Thousands of generated questions that nobody may have answered: `make probe`."""
