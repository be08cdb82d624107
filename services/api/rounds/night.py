"""From what is on record to a night: who came by where, what was missed, who is due: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.api.coverage.facts import Zone
from services.api.rounds.queries import Hole, Point, Room, Visit
from services.api.rounds.schemas import MissedOut, RoundsOut, RoundZoneOut, VisitOut
from shared.domain.gaps import Requirement
from shared.domain.intervals import Span
from shared.domain.places import DeviceKind
from shared.domain.rounds import due_at

_ROUNDS: Final = frozenset({DeviceKind.ROUND_POINT})


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says of a night."""

    night: date
    window: Span[datetime]
    zones: Sequence[Zone]
    rooms: Sequence[Room]
    points: Sequence[Point]
    visits: Sequence[Visit]
    holes: Sequence[Hole]


def told(facts: Facts, *, now: datetime) -> RoundsOut:
    """Zones that are on the round: somebody must come by, may check in there, or did."""
    names = {room.code: room.name for room in facts.rooms}
    visited = {one.zone for one in facts.visits} | {one.zone_code for one in facts.points}
    return RoundsOut(
        night=facts.night,
        start=facts.window[0],
        end=facts.window[1],
        zones=[
            _zone(zone, names.get(zone.code, zone.code), facts, now)
            for zone in facts.zones
            if zone.code in visited or rounds_of(zone)
        ],
    )


def rounds_of(zone: Zone) -> list[Requirement]:
    """What is required there that only somebody who comes by can meet."""
    return [one for one in zone.requirements if one.kinds == _ROUNDS]


def _zone(zone: Zone, name: str, facts: Facts, now: datetime) -> RoundZoneOut:
    required = rounds_of(zone)
    last = max(_instants(zone.code, facts), default=None)
    is_now = facts.window[0] <= now < facts.window[1]
    return RoundZoneOut(
        zone=zone.code,
        name=name,
        max_gap_s=required[-1].max_gap.total_seconds() if required else None,
        last_at=last,
        due_at=due_at(required, last, now) if is_now else None,
        visits=[_visit(one) for one in facts.visits if one.zone == zone.code],
        missed=list(_missed(zone.code, required, facts.holes)),
    )


def _instants(zone: str, facts: Facts) -> list[datetime]:
    at_points = [one.last_at for one in facts.points if one.zone_code == zone and one.last_at]
    return at_points + [one.checked_at for one in facts.visits if one.zone == zone]


def _visit(one: Visit) -> VisitOut:
    return VisitOut(
        id=one.id, device=one.device, checked_at=one.checked_at, who=one.who, note=one.note
    )


def _missed(
    zone: str, required: Sequence[Requirement], holes: Iterable[Hole]
) -> Iterable[MissedOut]:
    """A gap is a missed round if rounds were what was required when it began."""
    for hole in holes:
        if hole.zone != zone:
            continue
        for one in required:
            if one.valid_from <= hole.from_at and (
                one.valid_to is None or hole.from_at < one.valid_to
            ):
                yield MissedOut(
                    start=hole.from_at,
                    due_at=hole.from_at + one.max_gap,
                    end=hole.to_at,
                    incident=hole.incident_id,
                )
                break
