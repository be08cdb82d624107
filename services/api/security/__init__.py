"""Signs that somebody pretends to be a device."""
