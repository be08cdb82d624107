"""Units, authorities and competences brought in from sheets: read, checked, then written."""
