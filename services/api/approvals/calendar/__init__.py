"""The month of maintenance and mutes: what is planned, what holds now, what is over."""
