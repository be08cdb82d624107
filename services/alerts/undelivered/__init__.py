"""Our own incident while messages reach nobody, and who is told instead."""
