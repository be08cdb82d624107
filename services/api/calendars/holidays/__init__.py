"""Public holidays: by law, and as the government decided."""
