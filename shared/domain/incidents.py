"""What can happen to an incident, and what a device's silence says about it.

             gap joins ↺            acknowledged ↺
(nothing) ──first gap──▶ open ──all its gaps over──▶ resolved ──gap repaired──▶ corrected ↺
                         │  ├─ widens: device, gateway, facility (causes.py)
                         │  ├─ comes and goes: unstable until it holds again (flapping.py)
                         │  └─ joins an area's outage, and leaves it again (area_outage.py)
                         └─ most of it over, some lasts: what lasts is split off
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.intervals import Span, Spans, intersect, subtract
from shared.domain.placements import Placement
from shared.domain.places import DeviceKind

Moments = Spans[datetime]

#: Nothing is told so soon, so that what belongs together can come together.
HOLD: Final = timedelta(seconds=10)
#: What came on record so soon after a hole was too long counts from when it was, not from when we
#: noticed: our own looking once a second is not to be added to the hold.
PROMPT: Final = timedelta(seconds=3)
#: For so long what was told to nobody is looked at again: it may turn out to be wider.
WIDENING: Final = timedelta(seconds=60)
#: A pipeline further behind than this is blind.
BLIND_AFTER: Final = timedelta(seconds=30)
#: A gap shorter by less than this than was told is on record, but not told again.
WORTH_TELLING: Final = timedelta(minutes=1)
#: Devices heard for the last time within this, beside their own rhythm, fell silent together.
TOGETHER: Final = timedelta(seconds=60)


def counted_from(too_long_at: datetime, noticed_at: datetime) -> datetime:
    """From when the hold and the ladder count for a gap."""
    return too_long_at if noticed_at - PROMPT <= too_long_at <= noticed_at else noticed_at


class EventKind(StrEnum):
    """What can happen to gaps and incidents; each is one row of the history."""

    GAP_OPENED = "gap_opened"
    GAP_CLOSED = "gap_closed"
    GAP_SHORTENED = "gap_shortened"
    GAP_MOVED = "gap_moved"
    GAP_REPAIRED = "gap_repaired"
    INCIDENT_OPENED = "incident_opened"
    INCIDENT_WIDENED = "incident_widened"
    INCIDENT_GREW = "incident_grew"
    ACKNOWLEDGED = "acknowledged"
    TOLD = "told"
    STEP_UNREACHABLE = "step_unreachable"
    STEP_UNDELIVERED = "step_undelivered"
    RESOLVED = "resolved"
    CORRECTED = "corrected"
    DELIVERY_FAILED = "delivery_failed"
    INCIDENT_JOINED = "incident_joined"
    INCIDENT_LEFT = "incident_left"
    INCIDENT_SPLIT = "incident_split"
    SEVERITY_CHANGED = "severity_changed"
    BECAME_UNSTABLE = "became_unstable"
    BECAME_STEADY = "became_steady"
    CLOCK_RESUMED = "clock_resumed"
    MUTED = "muted"
    EXEMPTION_ENDED = "exemption_ended"
    REMINDED = "reminded"
    SNOOZED = "snoozed"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    EXPLAINED = "explained"
    EXPLANATION_REVIEWED = "explanation_reviewed"
    RESOLUTION_GIVEN = "resolution_given"
    DIGESTED = "digested"
    SENDS_CANCELLED = "sends_cancelled"
    RECEIPT = "receipt"
    JURISDICTION_REASSIGNED = "jurisdiction_reassigned"


@dataclass(frozen=True, slots=True)
class Witness:
    """One device of the facility: how long its silence says nothing, and when it was heard."""

    zone_id: int | None
    patience: timedelta
    registered_at: datetime
    heard: Moments = ()
    impaired: Moments = ()
    #: Where it stood before, if it was ever moved.
    former: tuple[Placement, ...] = ()
    kind: DeviceKind = DeviceKind.SENSOR
    #: Through which it speaks, if that is known.
    gateway_id: int | None = None

    def stood_in(self, zone_id: int, at: datetime) -> bool:
        for place in self.former:
            if place.span[0] <= at < place.span[1]:
                return place.zone_id == zone_id
        return self.zone_id == zone_id


@dataclass(frozen=True, slots=True)
class Lapse:
    """A gap as far as it is known; `end_at` is the watermark while it lasts."""

    zone_id: int
    start_at: datetime
    end_at: datetime
    is_ongoing: bool
    min_devices: int = 1
    #: The kinds that count there; absent: all.
    kinds: frozenset[DeviceKind] | None = None
    #: When we ourselves could not know, around it: that holds nothing apart.
    blind: Moments = ()

    def counts(self, kind: DeviceKind) -> bool:
        return self.kinds is None or kind in self.kinds


def seen_between(since: datetime, until: datetime, *, blind: Moments) -> timedelta:
    """How much of the time between was not our own blindness; none if it never was."""
    if not blind or not since < until:
        return max(until - since, timedelta())
    return sum((b - a for a, b in subtract(((since, until),), blind)), start=timedelta())


class Silence(StrEnum):
    """What one device did while a zone of its facility was not watched."""

    HEARD = "heard"
    FELL_SILENT = "fell_silent"
    WAS_SILENT = "was_silent"


def silence_of(witness: Witness, lapse: Lapse) -> Silence:
    """Around the ends of a gap a device is excused by its own rhythm: it speaks when its turn is.

    A gap too short for that rhythm proves nothing, so the device counts as heard. While we were
    blind nobody could be heard: that time counts for neither.
    """
    settled_at = lapse.start_at + witness.patience
    until = lapse.end_at if lapse.is_ongoing else lapse.end_at - witness.patience
    if not settled_at < until and not lapse.is_ongoing:
        return Silence.HEARD
    if intersect(witness.heard, ((settled_at, max(settled_at, until)),)):
        return Silence.HEARD
    before = (end for start, end in witness.heard if start < settled_at)
    last = max([witness.registered_at, *before])
    silent_for = seen_between(last, lapse.end_at, blind=lapse.blind)
    if lapse.is_ongoing and silent_for <= witness.patience:
        return Silence.HEARD
    apart = seen_between(last, lapse.start_at, blind=lapse.blind)
    return Silence.FELL_SILENT if apart <= witness.patience + TOGETHER else Silence.WAS_SILENT


def is_worth_correcting(was: Span[datetime], now: Span[datetime]) -> bool:
    """Messages tell minutes. Devices that come back one by one move the end by seconds, often."""
    return (now[0] - was[0]) + (was[1] - now[1]) >= WORTH_TELLING


def is_blind(watermark: datetime | None, now: datetime) -> bool:
    """Whether the platform itself cannot know. Before it ever knew anything, it is starting."""
    return watermark is not None and now - watermark > BLIND_AFTER
