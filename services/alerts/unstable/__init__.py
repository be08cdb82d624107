"""Incidents that come and go."""
