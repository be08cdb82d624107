"""`giamsat simulate`: facilities that do not exist, and what they truly watched."""
