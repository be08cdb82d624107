"""All units that ever were, as the database knows them."""
