"""Sheets with many rows: read, checked, put on record in the background, and undone."""
