"""A person's own telephones: added, proved to be theirs by a code, tried out, removed."""
