"""Authorities and what they are competent for."""
