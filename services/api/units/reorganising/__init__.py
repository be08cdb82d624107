"""What a reorganisation does to facilities and roles, on its day."""
