"""A province to look at: invented facilities, simulated gateways, trouble on request."""
