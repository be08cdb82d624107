"""Bringing in units and authorities from the command line."""
