"""The JSON API and the web console."""
