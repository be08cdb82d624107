"""What passkeys are asked to sign: each once, and within five minutes."""
