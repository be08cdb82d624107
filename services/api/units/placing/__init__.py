"""Where facilities lie, from when to when."""
