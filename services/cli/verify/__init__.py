"""`giamsat verify`: whether the access log is what was written, and if not, where it differs."""
