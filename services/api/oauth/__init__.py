"""How agencies prove who they are, and get tokens."""
