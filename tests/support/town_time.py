"""When it is in the small province."""

from datetime import UTC, datetime, timedelta

#: 23:59:55 in Viet Nam.
NOW = datetime(2026, 11, 23, 16, 59, 55, tzinfo=UTC)


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)
