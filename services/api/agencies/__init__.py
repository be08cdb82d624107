"""Which agencies may log in, with which keys."""
