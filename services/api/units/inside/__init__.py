"""Who and what is in a unit on a day."""
