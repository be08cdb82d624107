"""What must follow from what happens, told as tables: in simulated time, and a sample in earnest."""
