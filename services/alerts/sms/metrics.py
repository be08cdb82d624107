"""What becomes of short messages, by gateway."""

from prometheus_client import Counter, Gauge

HANDED_OVER = Counter(
    "giamsat_alerts_sms_total", "Short messages handed over, by what came of it", ["gateway", "end"]
)
REPORTS = Counter("giamsat_alerts_sms_reports_total", "What gateways reported", ["receipt"])
BALANCE = Gauge("giamsat_alerts_sms_balance", "Money left with a gateway that tells", ["gateway"])
