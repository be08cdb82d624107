"""What people do about an incident besides taking it up."""
