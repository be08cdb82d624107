"""A watch that comes and goes: one unstable incident, told when it begins and when it holds again.

open ──4 changes of a zone in 10 min──▶ unstable ──10 min without a change──▶ open or over
  │                                       └── the same is said again once an hour at most
  └──over, and within 10 min again──▶ another one, on the clock of the first

It climbs its ladder all the while, on a clock that no change of it sets back: a watch that comes
and goes is no reason to tell anybody later that children are not watched.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

#: What changes so often within so long comes and goes.
MOST_CHANGES: Final = 4
WINDOW: Final = timedelta(minutes=10)
#: While it does, nobody is reminded of it sooner.
PAUSE: Final = timedelta(hours=1)


def is_flapping(changes: Iterable[datetime], *, until: datetime) -> bool:
    return sum(until - WINDOW < at <= until for at in changes) >= MOST_CHANGES


def is_steady(changes: Iterable[datetime], *, until: datetime) -> bool:
    """Whether nothing changed for as long as it takes to call it unstable."""
    return not any(until - WINDOW < at <= until for at in changes)


def seldom(repeat: timedelta | None) -> timedelta | None:
    """How often whoever was told hears the same again while it comes and goes."""
    return None if repeat is None else max(repeat, PAUSE)


def clock_from(begun_at: datetime, counted: Iterable[timedelta]) -> datetime:
    """From when a ladder counts: what had been counted of it before, shortly ago, still counts."""
    return begun_at - max([timedelta(0), *counted])
