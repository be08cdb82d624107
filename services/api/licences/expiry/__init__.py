"""Licences that end."""
