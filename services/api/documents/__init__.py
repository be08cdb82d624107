"""Scans of papers about a facility."""
