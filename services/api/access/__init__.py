"""Who is asking, and what is theirs to see and to do."""
