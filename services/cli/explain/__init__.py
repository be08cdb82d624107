"""`giamsat explain`: why people were told, or not, as the console tells it."""
