"""Heartbeats become coverage."""
