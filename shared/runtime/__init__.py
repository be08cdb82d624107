"""What keeps a process running: clock, settings, logging, loops, liveness, MQTT."""
