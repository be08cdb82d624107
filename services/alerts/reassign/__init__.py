"""Facilities that came under another jurisdiction while an incident is open there."""
