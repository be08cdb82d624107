"""Several incidents taken up with one request."""
