"""Why: every decision about an incident with its reason, for its page and for `giamsat explain`."""
