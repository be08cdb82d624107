"""Who read and changed what: written with every deed, read by those whom it concerns."""
