"""Incidents, what happened to them, and who was told."""
