"""The statements behind what had to be watched: by zone, and by facility."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import Facility, within
from services.api.coverage.facts import Zone
from shared.db.tables.registry import facility, requirement, zone
from shared.db.tables.requirements import watch_calendar
from shared.db.watch_calendars import calendar_of, holiday_decisions
from shared.domain.access import Scope
from shared.domain.coverage import Moments
from shared.domain.gaps import Requirement
from shared.domain.holidays import Decision, Holidays
from shared.domain.intervals import Span, normal
from shared.domain.requirements import DatedRequirement, in_force, pieces
from shared.domain.schedule import local_day
from shared.domain.watch_calendar import MARGIN_DAYS
from shared.runtime import public_holidays

#: The day that an overview draws, and what follows up to now.
_DRAWN: Final = timedelta(days=2)


async def zones(
    connection: AsyncConnection, house: Facility, window: Span[datetime]
) -> Sequence[Zone]:
    """Those that were there in the window, by code."""
    return await _zones(connection, zone.c.facility_id == house.id, window)


async def by_number(
    connection: AsyncConnection, zone_ids: Collection[int], window: Span[datetime]
) -> Mapping[int, Zone]:
    """The same of some zones, wherever they are."""
    wanted = zone.c.id == any_(literal(list(zone_ids), ARRAY(BIGINT)))
    return {one.id: one for one in await _zones(connection, wanted, window)}


async def _zones(
    connection: AsyncConnection, wanted: ColumnElement[bool], window: Span[datetime]
) -> Sequence[Zone]:
    rows = await connection.execute(
        _dated()
        .add_columns(zone.c.id.label("zone_id"), zone.c.code, facility.c.time_zone)
        .join_from(zone, requirement)
        .join(facility, facility.c.id == zone.c.facility_id)
        .outerjoin(watch_calendar, watch_calendar.c.id == requirement.c.calendar_id)
        .where(
            wanted,
            # What came later is shown too: before it was registered nothing was required.
            or_(zone.c.retired_at.is_(None), zone.c.retired_at > window[0]),
        )
        .order_by(zone.c.code, requirement.c.valid_from)
    )
    found: dict[tuple[int, str, str], list[DatedRequirement]] = defaultdict(list)
    for row in rows.mappings():
        found[row["zone_id"], row["code"], row["time_zone"]].append(dated_of(row))
    decisions = await holiday_decisions(connection)
    return [
        Zone(
            zone_id,
            code,
            pieces(dated, window, zone=time_zone, holidays=_around(window, time_zone, decisions)),
            in_force(dated),
        )
        for (zone_id, code, time_zone), dated in found.items()
    ]


async def by_calendar(
    connection: AsyncConnection, scope: Scope, *, since: datetime
) -> Mapping[int, Moments]:
    """By facility, the hours in which something had to be watched that has hours at all.

    From an instant up to at least a day after now: by `ix_requirement_calendar_id`, few rows.
    """
    rows = await connection.execute(
        _dated()
        .add_columns(zone.c.facility_id, facility.c.time_zone)
        .join_from(zone, requirement)
        .join(facility, facility.c.id == zone.c.facility_id)
        .join(watch_calendar, watch_calendar.c.id == requirement.c.calendar_id)
        .where(
            requirement.c.calendar_id.is_not(None),
            or_(requirement.c.valid_to.is_(None), requirement.c.valid_to > since),
            within(scope),
        )
    )
    found: dict[tuple[int, str], list[DatedRequirement]] = defaultdict(list)
    for row in rows.mappings():
        found[row["facility_id"], row["time_zone"]].append(dated_of(row))
    if not found:
        return {}
    decisions = await holiday_decisions(connection)
    window = (since, since + _DRAWN)
    required: dict[int, Moments] = {}
    for (facility_id, time_zone), dated in found.items():
        holidays = _around(window, time_zone, decisions)
        binding = pieces(dated, window, zone=time_zone, holidays=holidays)
        required[facility_id] = normal((p.valid_from, p.valid_to or window[1]) for p in binding)
    return required


def _around(window: Span[datetime], time_zone: str, decisions: Sequence[Decision]) -> Holidays:
    first, last = (local_day(instant, time_zone) for instant in window)
    return public_holidays.between(first - MARGIN_DAYS, last + MARGIN_DAYS, decisions)


def _dated() -> Select[Any]:
    """What `dated_of` reads."""
    return select(
        requirement.c.min_devices,
        requirement.c.max_gap_s,
        requirement.c.valid_from,
        func.least(requirement.c.valid_to, zone.c.retired_at).label("valid_to"),
        requirement.c.kinds,
        requirement.c.occupied,
        watch_calendar.c.weekly,
        watch_calendar.c.on_holidays,
    )


def dated_of(row: RowMapping) -> DatedRequirement:
    kinds = row["kinds"]
    return DatedRequirement(
        Requirement(
            row["min_devices"],
            timedelta(seconds=row["max_gap_s"]),
            row["valid_from"],
            row["valid_to"],
            None if kinds is None else frozenset(kinds),
        ),
        None if row["weekly"] is None else calendar_of(row["weekly"], row["on_holidays"]),
        is_occupied=row["occupied"],
    )
