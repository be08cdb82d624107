"""Calls agencies back when there is something new that they may pull."""
