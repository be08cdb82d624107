"""Thousands of callers who hang up in mid-query, and what is left of them: `make disconnects`."""
