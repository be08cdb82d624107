"""Invitations: a link that lets somebody in once, made for a role or to prove anew who one is."""
