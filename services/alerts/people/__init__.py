"""Who can be told: ladders, roles, duty, and whether an address takes anything."""
