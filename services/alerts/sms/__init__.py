"""Short messages: gateways of several kinds, one after the other until one takes a message."""
