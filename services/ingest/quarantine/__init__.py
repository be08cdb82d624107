"""What could not be credited: counted, kept for a while, replayed when asked."""
