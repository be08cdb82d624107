"""For how long what is kept, and what went."""
