"""Every statement about requirements: which calendars are in use, and what binds in a zone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.watch_calendars import calendar_of
from shared.domain.gaps import Requirement
from shared.domain.requirements import DatedRequirement
from shared.domain.watch_calendar import WatchCalendar


@dataclass(frozen=True, slots=True)
class Used:
    """A calendar that some requirement in force names, on the clock of that place."""

    id: int
    time_zone: str
    calendar: WatchCalendar


# By `ix_requirement_calendar_id`: nothing is read where everything is watched around the clock.
_IN_USE = text(
    """
    SELECT c.id, used.time_zone, c.weekly, c.on_holidays
    FROM (SELECT DISTINCT r.calendar_id, f.time_zone
          FROM requirement r
          JOIN zone z ON z.id = r.zone_id
          JOIN facility f ON f.id = z.facility_id
          WHERE r.calendar_id IS NOT NULL AND r.occupied
            AND (r.valid_to IS NULL OR r.valid_to > CAST(:since AS timestamptz))) AS used
    JOIN watch_calendar c ON c.id = used.calendar_id
    """
)


async def calendars_in_use(connection: AsyncConnection, *, since: datetime) -> Sequence[Used]:
    rows = await connection.execute(_IN_USE, {"since": since})
    return [Used(row[0], row[1], calendar_of(row[2], row[3])) for row in rows]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was ever required of one zone, and on which clock; in order of time."""

    facility_id: int
    time_zone: str
    dated: Sequence[DatedRequirement]

    @property
    def longest_tolerance(self) -> timedelta:
        return max((one.requirement.max_gap for one in self.dated), default=timedelta(0))


# What is retired binds no longer.
_OF_ZONES = text(
    """
    SELECT z.id, z.facility_id, f.time_zone, r.min_devices, r.max_gap_s, r.valid_from,
           least(r.valid_to, z.retired_at, f.retired_at), r.kinds, r.occupied, c.weekly,
           c.on_holidays
    FROM zone z
    JOIN facility f ON f.id = z.facility_id
    LEFT JOIN requirement r ON r.zone_id = z.id
    LEFT JOIN watch_calendar c ON c.id = r.calendar_id
    WHERE z.id = ANY(CAST(:zones AS bigint[]))
    ORDER BY r.valid_from
    """
)


async def of_zones(connection: AsyncConnection, zone_ids: Iterable[int]) -> dict[int, Asked]:
    places: dict[int, tuple[int, str]] = {}
    dated: dict[int, list[DatedRequirement]] = defaultdict(list)
    for (
        zone_id,
        *place,
        least,
        hole_s,
        begin,
        end,
        kinds,
        occupied,
        weekly,
        off,
    ) in await connection.execute(_OF_ZONES, {"zones": list(zone_ids)}):
        places[zone_id] = place[0], place[1]
        if least is None:
            continue
        counting = None if kinds is None else frozenset(kinds)
        requirement = Requirement(least, timedelta(seconds=hole_s), begin, end, counting)
        calendar = None if weekly is None else calendar_of(weekly, off)
        dated[zone_id].append(DatedRequirement(requirement, calendar, is_occupied=occupied))
    return {zone_id: Asked(*place, dated[zone_id]) for zone_id, place in places.items()}
