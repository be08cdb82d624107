"""Pure decisions: facts come in as arguments, decisions go out as values."""
