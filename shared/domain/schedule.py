"""Local days: where a facility's day begins and ends."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

#: Units change at midnight on the country's clock, and so do the days of the law.
COUNTRY_TIME_ZONE: Final = "Asia/Ho_Chi_Minh"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def midnight(day: date, zone: str) -> datetime:
    """The instant, in UTC, at which a local day begins."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=4096)
def midnight_us(day: date, zone: str) -> int:
    """`midnight` in microseconds since the epoch, for the hot path."""
    return (midnight(day, zone) - _EPOCH) // timedelta(microseconds=1)


def local_day(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()


def split_by_day(start_us: int, end_us: int, zone: str) -> list[tuple[date, int, int]]:
    """The parts of [start, end) by local day; they touch, and together are the whole."""
    day = local_day(_EPOCH + timedelta(microseconds=start_us), zone)
    parts: list[tuple[date, int, int]] = []
    while start_us < end_us:
        next_day = day + timedelta(days=1)
        stop_us = min(end_us, midnight_us(next_day, zone))
        parts.append((day, start_us, stop_us))
        day, start_us = next_day, stop_us
    return parts


def instant_of(local: datetime, zone: str) -> datetime:
    """Of a time on the clock of a zone, as somebody typed it. One with a zone of its own keeps it.

    A time that comes twice is the first one.
    """
    placed = local if local.tzinfo else local.replace(tzinfo=ZoneInfo(zone))
    return placed.astimezone(UTC)
