"""Gaps to incidents: what shares a cause, and when it is over."""
