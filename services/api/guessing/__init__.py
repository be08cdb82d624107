"""Slows down whoever guesses: counted in the database, so that every process counts together."""
