"""Facilities on record."""
