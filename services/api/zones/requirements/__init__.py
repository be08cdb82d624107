"""What a zone requires: in force, to come, and as it was."""
