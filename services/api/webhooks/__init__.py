"""Where agencies want to be called back."""
