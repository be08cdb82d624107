"""Devices that come into service by a one-time code."""
