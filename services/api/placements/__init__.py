"""Where a device stands and stood, and how it comes to stand elsewhere."""
