"""Messages that could not be credited, and why."""
