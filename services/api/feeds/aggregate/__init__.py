"""Counts of units, in which nobody stands out."""
