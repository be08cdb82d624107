"""The keys with which devices sign."""
