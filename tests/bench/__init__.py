"""What `make bench` measures; every group has `measure()`, which returns figures by key."""
