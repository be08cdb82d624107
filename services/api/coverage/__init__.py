"""What is known of every second of a facility."""
