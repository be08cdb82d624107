"""One's own account: passphrase, language, and proving once more that it is oneself."""
