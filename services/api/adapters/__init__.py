"""Rules for what facilities already own: which device a name in a foreign message means."""
