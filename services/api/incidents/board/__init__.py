"""The board of incidents: what lasts first, the worst and the oldest on top."""
