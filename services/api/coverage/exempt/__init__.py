"""Maintenance windows that bear on a facility's coverage."""
