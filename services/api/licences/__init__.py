"""What the law says of a facility: its registration, its licence, its conditions."""
