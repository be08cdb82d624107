"""What is missing in the registry, and is told once a day while it is."""
