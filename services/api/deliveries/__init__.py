"""What was sent to whom, through what, and what became of it."""
