"""What of gaps on record is excused, of many facilities at once.

Where nothing was approved one statement says so. Evidence is read only where a device is exempt:
it excuses only its own absence.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.coverage import excusing
from services.api.coverage import queries as coverage
from services.api.coverage.excusing import Excuse
from services.api.coverage.exempt import queries
from services.api.coverage.facts import Device, Exempt, Record, Zone
from services.api.coverage.required import queries as required
from shared.domain.intervals import Span

#: A day either side: where the local day begins depends on the facility.
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hole:
    """A gap of a zone, up to now if it lasts."""

    facility_id: int
    zone_id: int
    zone: str
    span: Span[datetime]


async def excused(
    connection: AsyncConnection, holes: Sequence[Hole], *, as_known_at: datetime | None = None
) -> Sequence[Excuse]:
    """In the same order."""
    if not holes:
        return ()
    window = (min(one.span[0] for one in holes), max(one.span[1] for one in holes))
    places = {one.facility_id for one in holes}
    exempt = await queries.maintenance(connection, places, window, as_known_at=as_known_at)
    if not exempt:
        return [Excuse()] * len(holes)
    by_device = [one for one in holes if _is_by_device(exempt.get(one.facility_id, ()))]
    records = await _records(connection, by_device, exempt, window)
    return [_excuse(one, exempt.get(one.facility_id, ()), records) for one in holes]


def _is_by_device(exempt: Sequence[Exempt]) -> bool:
    return any(one.device is not None for one in exempt)


def _excuse(
    hole: Hole, exempt: Sequence[Exempt], records: Mapping[int, tuple[Zone, Record]]
) -> Excuse:
    if not exempt:
        return Excuse()
    # Where no device is exempt, neither what was required nor who watched makes a difference.
    bare = Zone(hole.zone_id, hole.zone, (), ())
    zone, record = records.get(hole.zone_id, (bare, Record((), (), {}, None, (), exempt)))
    return excusing.of_zone(zone, record, record.witnesses(zone.id), (hole.span,))


async def _records(
    connection: AsyncConnection,
    holes: Collection[Hole],
    exempt: Mapping[int, Sequence[Exempt]],
    window: Span[datetime],
) -> Mapping[int, tuple[Zone, Record]]:
    """By zone: where an exempt device stands or stood, with all that stood there too."""
    if not holes:
        return {}
    places = sorted({one.facility_id for one in holes})
    there = await coverage.devices(connection, places, window)
    concerned = _concerned(there, exempt) & {one.zone_id for one in holes}
    watching = {
        place: [one for one in found if any(s.zone_id in concerned for s in one.placements)]
        for place, found in there.items()
    }
    zones = await required.by_number(connection, concerned, window)
    days = ((window[0] - _DAY).date(), (window[1] + _DAY).date())
    every = [device for found in watching.values() for device in found]
    evidence = await coverage.evidence(connection, every, days, window)
    return {
        one.zone_id: (
            zones[one.zone_id],
            Record(
                (zones[one.zone_id],),
                watching.get(one.facility_id, ()),
                evidence,
                None,
                (),
                exempt[one.facility_id],
            ),
        )
        for one in holes
        if one.zone_id in zones
    }


def _concerned(
    there: Mapping[int, Sequence[Device]], exempt: Mapping[int, Sequence[Exempt]]
) -> set[int]:
    """The zones where exempt devices stand or stood."""
    return {
        stay.zone_id
        for place, devices in there.items()
        for device in devices
        if any(device.code == one.device for one in exempt[place])
        for stay in device.placements
    }
