"""The command `giamsat`: up, migrate, seed, demo."""
