"""What is counted of floods."""

from prometheus_client import Counter

SUSPENDED = Counter("giamsat_api_devices_suspended", "Times a device was suspended for flooding")
