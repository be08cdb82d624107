"""What an approved export holds."""
