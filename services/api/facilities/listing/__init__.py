"""Facilities in lists, filtered as of any day."""
