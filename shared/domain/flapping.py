"""A watch that comes and goes: one unstable incident, told when it begins and when it holds again.

open ──4 changes of a zone in 10 min──▶ unstable ──10 min without a change──▶ open or over
                                          └── anything else of it is told once an hour at most
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

#: What changes so often within so long comes and goes.
MOST_CHANGES: Final = 4
WINDOW: Final = timedelta(minutes=10)
#: While it does, nobody is told of it again sooner.
PAUSE: Final = timedelta(hours=1)


def is_flapping(changes: Iterable[datetime], *, until: datetime) -> bool:
    return sum(until - WINDOW < at <= until for at in changes) >= MOST_CHANGES


def is_steady(changes: Iterable[datetime], *, until: datetime) -> bool:
    """Whether nothing changed for as long as it takes to call it unstable."""
    return not any(until - WINDOW < at <= until for at in changes)


def may_tell(
    unstable_since: datetime | None, last_told_at: datetime | None, *, now: datetime
) -> bool:
    """Whether anything but its begin and its end may be told of it now."""
    if unstable_since is None or last_told_at is None:
        return True
    return now - last_told_at >= PAUSE
