"""How bad an incident is: by what it is, where, for how long, and for how many children.

Longer than five minutes is a warning, longer than half an hour is critical; where the youngest
are, or where children sleep, it counts one step more. It only ever gets worse while it is open.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.domain.places import ZoneKind
from shared.domain.states import OUR_OWN, WHOLE_FACILITY, Cause, Severity

WARNING_AFTER: Final = timedelta(minutes=5)
CRITICAL_AFTER: Final = timedelta(minutes=30)
#: A whole home of so many children is one step worse.
MANY_CHILDREN: Final = 50

SENSITIVE: Final = frozenset(
    {
        ZoneKind.INFANT_WARD,
        ZoneKind.DORMITORY_DOOR,
        ZoneKind.DORMITORY,
        ZoneKind.MEDICAL,
    }
)
_ORDER: Final = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Plight:
    """What is unwatched: why, where, since when, and how many children live there."""

    cause: Cause
    since_at: datetime
    #: As on record: one we have no word for is an ordinary room.
    zone_kinds: Collection[str] = ()
    children: int = 0


def rank(severity: Severity) -> int:
    """As a message's priority: the higher, the sooner it is sent."""
    return _ORDER[severity]


def severity_of(plight: Plight, *, now: datetime) -> Severity:
    if plight.cause in OUR_OWN or plight.cause is Cause.AREA_OUTAGE:
        return Severity.CRITICAL
    lasted = now - plight.since_at
    steps = (lasted >= WARNING_AFTER) + (lasted >= CRITICAL_AFTER)
    steps += any(kind in SENSITIVE for kind in plight.zone_kinds)
    if plight.cause in WHOLE_FACILITY:
        steps = max(steps, 1) + (plight.children >= MANY_CHILDREN)
    return tuple(Severity)[min(steps, rank(Severity.CRITICAL))]


def worse(one: Severity, other: Severity) -> Severity:
    return max(one, other, key=rank)


def next_look_at(plight: Plight, severity: Severity, *, now: datetime) -> datetime | None:
    """When time alone may make it worse; never, if it is as bad as can be."""
    if severity is Severity.CRITICAL:
        return None
    marks = (plight.since_at + WARNING_AFTER, plight.since_at + CRITICAL_AFTER)
    return next((mark for mark in marks if mark > now), None)
