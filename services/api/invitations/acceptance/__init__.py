"""What the holder of a link makes of it."""
