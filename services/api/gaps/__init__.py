"""Required time without enough coverage."""
