"""The words of what is told: those of a place, ours, how they look, and a test to oneself."""
