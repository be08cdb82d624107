"""Where somebody may ask."""
