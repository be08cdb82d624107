"""Administrative units, authorities, and what becomes of facilities when they change."""
