"""Messages to people's own browsers, through whichever push service each of them chose."""
