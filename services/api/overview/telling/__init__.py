"""Who knows of what lasts."""
