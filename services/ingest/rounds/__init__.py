"""Who came by on a round, as evidence of the places where they checked in."""
