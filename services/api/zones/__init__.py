"""Zones of a facility, and what must be watched there."""
