"""What is over the cap of an address, told in one message."""
