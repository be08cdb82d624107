"""On which ladder each incident stands, how far up, and when it is its turn again."""
