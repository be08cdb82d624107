"""Incidents to messages in the outbox: who is told what, when, and why."""
