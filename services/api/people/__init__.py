"""People and the roles they hold: found, given, ended."""
