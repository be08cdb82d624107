"""What must follow from what happens, told as tables: in simulated time, some in earnest."""
