"""The statements of those who work on imports."""
