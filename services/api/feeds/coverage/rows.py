"""The figures of a facility's days: seconds covered, gap, unknown and not required, summed over
its zones; of the gap, what is excused, and of that what was so only afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.coverage import queries as coverage
from services.api.coverage.facts import Record
from services.api.coverage.picture import zones as zones_of
from services.api.feeds.coverage import days, queries
from services.api.feeds.coverage.queries import House
from services.api.feeds.facts import DayWindow, Row
from shared.domain.intervals import near
from shared.domain.schedule import midnight

_DAY: Final = timedelta(days=1)
#: So many days are read at once: more would have to be held in memory.
_AT_ONCE: Final = 31


async def rows(connection: AsyncConnection, asked: DayWindow) -> Sequence[Row]:
    houses = await queries.houses(connection, asked)
    if asked.window.is_whole:
        wanted = days.to_tell(houses, asked, changed=(), blind=())
    else:
        wanted = days.to_tell(
            houses,
            asked,
            changed=[
                *await queries.changed_days(connection, asked),
                *await queries.corrected_days(connection, asked, houses),
            ],
            blind=await queries.changed_blindness(connection, asked.window),
        )
    found = []
    for house, group in groupby(wanted, key=lambda one: one[0]):
        own = [day for _, day in group]
        found += [
            Row(
                place=(house.facility.id, day.isoformat()),
                key=f"{house.facility.code}/{day}",
                facility=house.facility.code,
                values={"unit": house.unit, "day": day, **values},
            )
            for day, values in (await figures(connection, house, own)).items()
        ]
    return found


async def figures(
    connection: AsyncConnection, house: House, wanted: Sequence[date]
) -> Mapping[date, Mapping[str, int]]:
    """By day. What is read together makes no difference to what a day comes to."""
    found: dict[date, Mapping[str, int]] = {}
    zone = house.facility.time_zone
    for first in range(0, len(wanted), _AT_ONCE):
        some = wanted[first : first + _AT_ONCE]
        window = (midnight(some[0], zone), midnight(some[-1] + _DAY, zone))
        record = await coverage.record(connection, house.facility, window)
        found |= {day: _figures(record, house, day) for day in some}
    return found


def _figures(record: Record, house: House, day: date) -> Mapping[str, int]:
    zone = house.facility.time_zone
    window = (midnight(day, zone), midnight(day + _DAY, zone))
    required = [one for one in record.zones if near(one.on_record, window)]
    shown = zones_of(replace(record, zones=required), window)
    sums = [one.seconds for one in shown]
    grades = [one.quality_seconds for one in shown]
    return {
        "covered_s": sum(one.covered for one in sums),
        "gap_s": sum(one.gap for one in sums),
        "excused_s": sum(one.excused_seconds for one in shown),
        "corrected_s": sum(one.corrected_seconds for one in shown),
        "unknown_s": sum(one.unknown for one in sums),
        "not_required_s": sum(one.not_required for one in sums),
        "proven_s": sum(one.proven for one in grades),
        "live_s": sum(one.live for one in grades),
        "late_s": sum(one.late for one in grades),
    }
