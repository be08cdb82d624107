"""Camera health from frames; the one place that uses OpenCV."""
