"""What more than one service of giamsat needs."""
