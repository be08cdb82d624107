"""`giamsat verify-coverage`: what was true, second by second against what the database says."""
