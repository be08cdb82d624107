"""Ladders: who is told after how long, where, and what would happen now."""
