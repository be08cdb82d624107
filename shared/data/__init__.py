"""Facts of the world that we ship, each with where it is from."""
