"""Coverage to gaps: what opened, closed, shrank or turned out never to have been."""
