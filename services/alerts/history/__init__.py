"""What happened, appended and never changed."""
