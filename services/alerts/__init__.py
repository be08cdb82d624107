"""Coverage becomes gaps, incidents and messages."""
