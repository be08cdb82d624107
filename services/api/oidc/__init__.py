"""Logging in through the government's identity provider (OpenID Connect)."""
