"""What is counted of floods."""

from prometheus_client import Counter, Gauge

SUSPENDED = Counter("giamsat_api_devices_suspended", "Times a device was suspended for flooding")
DROPPED = Gauge(
    "giamsat_api_broker_dropped", "Messages the broker threw away since its start, its queues full"
)
