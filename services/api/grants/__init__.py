"""What each agency was granted, by whom."""
