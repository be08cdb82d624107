"""How bad each open incident is."""
