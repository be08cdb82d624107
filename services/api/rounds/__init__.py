"""Rounds by night: labels at places, check-ins there, and what a night came to."""
