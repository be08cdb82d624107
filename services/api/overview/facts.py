"""What is on record about facilities, as the overview's queries bring it.

What there are thousands of is a struct: made in a fraction of the time, and no work for the
garbage collector, which would hold up the answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec

from shared.domain.coverage import Moments
from shared.domain.states import Cause, Quality, SecondState, WatchState


class Facility(msgspec.Struct, frozen=True, gc=False):
    """A facility, where it is, and when something had to be watched there."""

    id: int
    code: str
    name: str
    admin_unit_id: int
    commune: str
    ownership: str
    children: int
    time_zone: str
    required: Moments


class Gap(msgspec.Struct, frozen=True, gc=False):
    """A zone not watched; `to_at` is absent while that lasts."""

    facility_id: int
    zone_name: str
    incident_id: int | None
    cause: Cause | None
    from_at: datetime
    to_at: datetime | None
    #: What of it approved maintenance excuses: not watched, for all that.
    excused: Moments = ()
    #: That goes on now.
    is_excused_now: bool = False


class Fault(msgspec.Struct, frozen=True, gc=False):
    """A device of a facility that told of a fault of its own; `is_now` by its latest word."""

    facility_id: int
    device_name: str
    fault: WatchState
    spans: Moments
    is_now: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A role that was sent word of an incident."""

    role: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """Who took an incident up."""

    name: str
    acknowledged_at: datetime


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """An incident that lasts; of the platform itself if it has no facility."""

    id: int
    facility_id: int | None
    cause: Cause
    since_at: datetime
    told: tuple[Told, ...] = ()
    taken: tuple[Taken, ...] = ()


@dataclass(frozen=True, slots=True)
class Horizon:
    """Up to when evidence is in, and up to when it was judged; absent before the first."""

    seen_until: datetime | None
    judged_until: datetime | None

    @property
    def until(self) -> datetime | None:
        if self.seen_until is None or self.judged_until is None:
            return None
        return min(self.seen_until, self.judged_until)


@dataclass(frozen=True, slots=True)
class Record:
    """Everything the overview is drawn from. `proved`: attested although we were blind."""

    horizon: Horizon
    facilities: Sequence[Facility]
    gaps: Mapping[int, Sequence[Gap]] = field(default_factory=dict)
    faults: Mapping[int, Sequence[Fault]] = field(default_factory=dict)
    late: Mapping[int, Moments] = field(default_factory=dict)
    blind: Moments = ()
    proved: Mapping[int, Moments] = field(default_factory=dict)
    incidents: Sequence[OpenIncident] = ()


class Now(StrEnum):
    """How it stands with a facility at this moment; the order is that of concern."""

    GAP = "gap"
    IMPAIRED = "impaired"
    UNKNOWN = "unknown"
    COVERED = "covered"
    NOT_REQUIRED = "not_required"


class Stretch(msgspec.Struct, frozen=True, gc=False):
    """One span of one state of a facility; what lies in no stretch was not required."""

    start_at: datetime
    end_at: datetime
    state: SecondState
    quality: Quality | None = None
    fault: WatchState | None = None
    cause: Cause | None = None
    #: Every gap at that time is excused.
    excused: bool = False


class Figures(msgspec.Struct, frozen=True, gc=False):
    """Seconds of each state, which add up to the day; `excused_s` is a part of `gap_s`."""

    watched_s: int = 0
    gap_s: int = 0
    excused_s: int = 0
    unknown_s: int = 0
    not_required_s: int = 0

    @property
    def required_s(self) -> int:
        return self.watched_s + self.gap_s

    @property
    def share(self) -> float | None:
        """Of all the time that was required and is known, how much was watched."""
        return self.watched_s / self.required_s if self.required_s else None


class Outlook(msgspec.Struct, frozen=True, gc=False):
    """One facility's last day, and how it stands with it now."""

    facility: Facility
    stretches: tuple[Stretch, ...]
    now: Now
    figures: Figures
    gap_count: int


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A facility that is not watched right now: since when, where, why, who knows."""

    facility: Facility
    since_at: datetime
    zones: tuple[str, ...]
    cause: Cause | None
    faults: tuple[Fault, ...]
    incidents: tuple[OpenIncident, ...]
    #: All of it lies in approved maintenance now.
    is_excused: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """The answer first, then the picture of the day."""

    start_at: datetime
    end_at: datetime
    known_until: datetime | None
    is_blind: bool
    unwatched: tuple[Unwatched, ...]
    outlooks: tuple[Outlook, ...]
    figures: Figures
    untaken: int

    @property
    def children_unwatched(self) -> int:
        return sum(entry.facility.children for entry in self.unwatched)

    @property
    def children(self) -> int:
        return sum(outlook.facility.children for outlook in self.outlooks)
