"""How the administrators hear of our own troubles: neither broker nor first mail server needed."""
