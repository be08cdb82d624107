"""Outages of whole areas, and the facilities in them."""
