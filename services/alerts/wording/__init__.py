"""In whose words something is told: those that a place wants, or ours."""
