"""Devices of a facility, and their access to the broker."""
