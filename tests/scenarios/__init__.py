"""What must follow from what happens, told as tables and played in simulated time."""
