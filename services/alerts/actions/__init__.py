"""What people did about incidents: taken in with the tick, each exactly once."""
