"""Builders, servers and fakes for tests."""
