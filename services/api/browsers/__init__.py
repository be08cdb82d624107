"""A person's own browsers: told to push to, tried out, removed; and what they say was shown."""
