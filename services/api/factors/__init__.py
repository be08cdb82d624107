"""Second factors: codes of an authenticator app, passkeys, and codes for when both are lost."""
