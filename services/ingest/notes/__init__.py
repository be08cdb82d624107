"""What is noted of a device beside its coverage: identity, clock, conditions, security."""
