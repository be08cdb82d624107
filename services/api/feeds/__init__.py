"""What agencies pull under their grants."""
