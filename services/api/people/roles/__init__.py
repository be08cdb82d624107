"""Roles given, moved and ended."""
