"""The gaps on record."""
