"""What the outbox of notifications remembers of gateways."""
