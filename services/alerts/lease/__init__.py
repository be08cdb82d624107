"""Who runs the ticks: one service at a time, whoever else is started."""
