"""Through the running product, as its users meet it."""
