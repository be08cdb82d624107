"""Who asked that a camera may watch, why, who allowed it, and for how long."""
