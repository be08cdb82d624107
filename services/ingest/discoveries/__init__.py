"""What gateways found on the networks of their sites: hints, kept until the next report."""
