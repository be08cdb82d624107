"""Coverage by facility and local day, as agencies get it."""
