"""What alerts measures of itself."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

TICK_SECONDS: Final = Histogram(
    "giamsat_alerts_tick_seconds",
    "How long a tick took.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IS_HOLDER: Final = Gauge("giamsat_alerts_is_holder", "1 if this service runs the ticks.")
WATERMARK_LAG: Final = Gauge(
    "giamsat_alerts_watermark_lag_seconds", "How far behind now the platform knows."
)
JUDGED_LAG: Final = Gauge(
    "giamsat_alerts_judged_lag_seconds", "How far behind the watermark has been judged."
)
OPEN_GAPS: Final = Gauge("giamsat_alerts_open_gaps", "Zones not watched now.")
OPEN_INCIDENTS: Final = Gauge("giamsat_alerts_open_incidents", "Incidents that last.")
OUTBOX_PENDING: Final = Gauge("giamsat_alerts_outbox_pending", "Messages not yet handed over.")
OUTBOX_OLDEST: Final = Gauge(
    "giamsat_alerts_outbox_oldest_seconds", "Age of the oldest message not yet handed over."
)
MESSAGES: Final = Counter(
    "giamsat_alerts_messages", "Attempts to hand over a message.", ["channel", "outcome"]
)
