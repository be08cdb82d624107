"""How it stands with devices."""
