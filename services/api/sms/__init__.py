"""What gateways for short messages tell us: reports, and what people answered."""
