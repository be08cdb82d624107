"""Which devices there are, and what is known of them, kept in step with the database."""
