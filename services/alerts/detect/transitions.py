"""Writes what judgement decided, and names each transition that won."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.gaps import queries as gaps
from services.alerts.history.queries import Event
from shared.domain import incidents
from shared.domain.gaps import Change, Moved, Opened, Repaired
from shared.domain.incidents import EventKind
from shared.domain.states import GapState

#: In the detail of `gap_closed`: the gap ended because nothing was required any more.
NOT_REQUIRED: Final = "not_required"


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """A change in one zone; `incidents` names the incident of each gap on record there.

    `required_until`: instants at which it had to be watched no longer, for the time being.
    """

    zone_id: int
    facility_id: int
    change: Change
    incidents: Mapping[int, int | None]
    known_until: datetime
    required_until: frozenset[datetime] = frozenset()

    def ended_by(self, end_at: datetime | None) -> dict[str, object]:
        """Why a gap is over, where that is not because somebody watches again."""
        return {"ended_by": NOT_REQUIRED} if end_at in self.required_until else {}


@dataclass(frozen=True, slots=True)
class Transition:
    """What happened to one gap."""

    kind: EventKind
    facility_id: int
    gap_id: int
    incident_id: int | None
    detail: Mapping[str, object] = field(default_factory=dict)
    is_correction: bool = False

    @property
    def event(self) -> Event:
        return Event(self.kind, self.facility_id, self.incident_id, self.gap_id, self.detail)


async def apply(
    connection: AsyncConnection, changes: Sequence[ZoneChange], *, now: datetime
) -> list[Transition]:
    """What ends comes before what begins: a zone has one open gap at a time."""
    bounds = [(zone, _bounds(zone)) for zone in changes if not isinstance(zone.change, Opened)]
    bounds.sort(key=lambda pair: pair[1].end_at is None)
    won = await gaps.change_all(connection, [fresh for _, fresh in bounds], now=now)
    moved = [
        transition
        for zone, fresh in bounds
        if fresh.seen.id in won
        for transition in _changed(zone, fresh)
    ]
    return moved + await _open(connection, changes, now=now)


def _bounds(zone: ZoneChange) -> gaps.NewBounds:
    match zone.change:
        case Moved(gap, start_at, end_at):
            state = GapState.OPEN if end_at is None else GapState.CLOSED
            return gaps.NewBounds(gap, state, start_at, end_at)
        case Repaired(gap):
            # It never was, so it lasted no longer than what had been believed until now.
            end_at = gap.end_at or zone.known_until
            return gaps.NewBounds(gap, GapState.REPAIRED, gap.start_at, end_at)
        case Opened():
            raise AssertionError("what is new has no bounds to change")


def _changed(zone: ZoneChange, fresh: gaps.NewBounds) -> list[Transition]:
    seen = fresh.seen
    detail: dict[str, object] = {"from": fresh.start_at, "to": fresh.end_at}
    if fresh.state is GapState.REPAIRED:
        kinds = [EventKind.GAP_REPAIRED]
    else:
        is_closed = seen.end_at is None and fresh.end_at is not None
        is_redrawn = fresh.start_at != seen.start_at or not is_closed
        kinds = [EventKind.GAP_CLOSED] if is_closed else []
        detail |= zone.ended_by(fresh.end_at) if is_closed else {}
        if is_redrawn:
            kinds.append(redrawn(fresh))
            detail |= {"was_from": seen.start_at, "was_to": seen.end_at}
    incident_id = zone.incidents[seen.id]
    return [
        Transition(kind, zone.facility_id, seen.id, incident_id, detail, _is_correction(fresh))
        for kind in kinds
    ]


def redrawn(fresh: gaps.NewBounds) -> EventKind:
    """A gap that lies within what was known of it is shorter; any other is a different one."""
    was = fresh.seen
    is_later = was.end_at is not None and (fresh.end_at is None or fresh.end_at > was.end_at)
    if fresh.start_at < was.start_at or is_later:
        return EventKind.GAP_MOVED
    return EventKind.GAP_SHORTENED


def _is_correction(fresh: gaps.NewBounds) -> bool:
    """Whether a gap that was over turns out to have been none, or a good deal shorter."""
    if fresh.state is GapState.REPAIRED:
        return True
    if fresh.seen.end_at is None or fresh.end_at is None:
        return False
    was = (fresh.seen.start_at, fresh.seen.end_at)
    return incidents.is_worth_correcting(was, (fresh.start_at, fresh.end_at))


async def _open(
    connection: AsyncConnection, changes: Sequence[ZoneChange], *, now: datetime
) -> list[Transition]:
    fresh = [
        gaps.NewGap(
            zone.zone_id,
            zone.facility_id,
            None if zone.change.beside is None else zone.incidents[zone.change.beside],
            zone.change.start_at,
            zone.change.end_at,
        )
        for zone in changes
        if isinstance(zone.change, Opened)
    ]
    numbers = await gaps.open_all(connection, fresh, now=now)
    zones = {zone.zone_id: zone for zone in changes}
    return [
        Transition(kind, gap.facility_id, numbers[key], gap.incident_id, detail)
        for gap in fresh
        if (key := (gap.zone_id, gap.start_at)) in numbers
        for kind, detail in _opened(gap, zones[gap.zone_id])
    ]


def _opened(gap: gaps.NewGap, zone: ZoneChange) -> list[tuple[EventKind, dict[str, object]]]:
    named: list[tuple[EventKind, dict[str, object]]] = [
        (EventKind.GAP_OPENED, {"from": gap.start_at, "to": None})
    ]
    if gap.end_at is not None:
        detail = {"from": gap.start_at, "to": gap.end_at, **zone.ended_by(gap.end_at)}
        named.append((EventKind.GAP_CLOSED, detail))
    return named
