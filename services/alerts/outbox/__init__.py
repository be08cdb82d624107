"""The outbox: what is put in, through which channel, to which address, and what is held back."""
