"""What is counted of seals."""

from prometheus_client import Gauge

SEALED_AT = Gauge(
    "giamsat_access_log_sealed_seconds", "When the access log was last sealed, epoch seconds"
)
SEALED_LINES = Gauge("giamsat_access_log_sealed_lines", "Lines under the last seal")
BROKEN = Gauge(
    "giamsat_access_log_broken", "1 where the log is not what was sealed: run `giamsat verify`"
)
