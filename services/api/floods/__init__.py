"""Floods are stopped at their source: the broker refuses who sends far too much, for a while."""
