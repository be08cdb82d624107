"""What has to be done each day: the months ahead are made, and what is past its time goes."""
