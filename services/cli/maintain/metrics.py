"""What the daily round counts."""

from prometheus_client import Counter, Gauge

DONE = Gauge("giamsat_maintain_done_seconds", "When a round was last done in full, epoch seconds")
PURGED = Counter("giamsat_maintain_purged_rows", "Rows past their time that went", ["dataset"])
