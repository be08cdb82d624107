"""With what devices log in to the broker: several at once, each with its own dates."""
