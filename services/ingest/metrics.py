"""What an ingest worker counts."""

from prometheus_client import Counter, Gauge, Histogram

from services.ingest.flush import Batch

MESSAGES = Counter("giamsat_ingest_messages", "Messages committed")
REFUSED = Counter("giamsat_ingest_refused", "Messages or entries quarantined", ["reason"])
FLUSH_SECONDS = Histogram(
    "giamsat_ingest_flush_seconds",
    "From the start of a flush to its commit",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
BATCH_MESSAGES = Histogram(
    "giamsat_ingest_batch_messages",
    "Messages in a flush",
    buckets=(1, 10, 100, 1_000, 5_000, 10_000, 20_000, 60_000),
)
DEVICES = Gauge("giamsat_ingest_devices", "Devices on record")
SEEN_UNTIL = Gauge("giamsat_ingest_seen_until_seconds", "The worker's watermark, epoch seconds")
CONNECTED = Gauge("giamsat_ingest_broker_connected", "1 while the session with the broker stands")
SLOTS = Gauge("giamsat_ingest_slots", "Slots in which a worker stands, or stood a moment ago")
TAKEN_OVER = Counter("giamsat_ingest_slots_taken_over", "Slots of dead workers taken over")
ABANDONED = Counter(
    "giamsat_ingest_abandoned_transactions", "Transactions of silent workers that were ended"
)
SECURITY = Counter("giamsat_ingest_security_events", "Signs that somebody pretends", ["kind"])


def count(batch: Batch, *, devices: int) -> None:
    """What one committed batch adds."""
    MESSAGES.inc(batch.messages)
    BATCH_MESSAGES.observe(batch.messages)
    SEEN_UNTIL.set(min(one.sight.seen_until_us for one in batch.receipts) / 1e6)
    DEVICES.set(devices)
    for entry in batch.entries:
        REFUSED.labels(entry.reason).inc(entry.count)
    for event in batch.security:
        SECURITY.labels(event.kind).inc(event.count)
