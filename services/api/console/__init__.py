"""The web console: pages drawn on the server, one stylesheet, one small script."""
