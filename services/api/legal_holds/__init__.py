"""What may not be purged, and why."""
