"""Somebody outside hears that alerting lives, and so notices when it does not."""
