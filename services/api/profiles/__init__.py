"""Types of devices to choose from: how often each speaks."""
