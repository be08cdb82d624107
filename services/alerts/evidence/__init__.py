"""What must be watched, and what was attested."""
