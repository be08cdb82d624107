"""Cameras that the gateways of a facility found on its network, and that nobody registered."""
