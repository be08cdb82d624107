"""The wall clock. No other file reads it; everywhere else the time is an argument."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one file that may


def now_us() -> int:
    """This moment, in microseconds since the epoch."""
    return time.time_ns() // 1000
