"""Why gaps came to be."""
