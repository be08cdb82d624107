"""The cameras of all facilities: what is to be decided, and what to be looked at again."""
