"""The whole of a person's place at a glance."""
