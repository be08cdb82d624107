"""Which days of which facilities have to be told, or told again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import Facility, within
from services.api.feeds.facts import DayWindow, Window
from shared.db.tables.agencies import facility_change
from shared.db.tables.coverage import blind_span, device_day
from shared.db.tables.registry import admin_unit, device, facility, requirement, zone
from shared.domain.schedule import local_day, midnight

#: Evidence may be told so long after; a device's journal and the limit of ingest are shorter.
LATEST: Final = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class House:
    """A facility of the area, and whether all its days must be told again."""

    facility: Facility
    unit: str
    longest_gap: timedelta
    is_changed: bool


async def houses(connection: AsyncConnection, asked: DayWindow) -> Sequence[House]:
    """By number. What changes in the registry may bear on every day."""
    window = asked.window
    tolerance = (
        select(func.max(requirement.c.max_gap_s))
        .join_from(requirement, zone)
        .where(zone.c.facility_id == facility.c.id)
        .scalar_subquery()
    )
    statement = (
        select(
            facility.c.id,
            facility.c.code,
            facility.c.admin_unit_id,
            facility.c.time_zone,
            facility.c.registered_at,
            facility.c.retired_at,
            admin_unit.c.code.label("unit"),
            func.coalesce(tolerance, 0).label("longest_gap_s"),
            _is_changed(window).label("is_changed"),
        )
        .join_from(facility, admin_unit)
        .join(facility_change, facility_change.c.facility_id == facility.c.id)
        .where(within(window.scope))
        .order_by(facility.c.id)
    )
    if window.facility_id is not None:
        statement = statement.where(facility.c.id == window.facility_id)
    if window.after is not None:
        statement = statement.where(facility.c.id >= window.after[0])
    return [_house(row) for row in await connection.execute(statement)]


def _house(row: Any) -> House:
    return House(
        facility=Facility(
            row.id,
            row.code,
            row.admin_unit_id,
            row.time_zone,
            row.registered_at,
            row.retired_at,
        ),
        unit=row.unit,
        longest_gap=timedelta(seconds=row.longest_gap_s),
        is_changed=row.is_changed,
    )


def _is_changed(window: Window) -> ColumnElement[bool]:
    if window.is_whole:
        return true()
    of_zones = select(zone.c.id).where(zone.c.facility_id == facility.c.id)
    return or_(
        and_(
            facility_change.c.changed_in >= window.since,
            facility_change.c.changed_in < window.until,
        ),
        _written(zone, window, zone.c.facility_id == facility.c.id),
        _written(device, window, device.c.facility_id == facility.c.id),
        _written(requirement, window, requirement.c.zone_id.in_(of_zones)),
    )


async def changed_days(connection: AsyncConnection, asked: DayWindow) -> Sequence[tuple[int, date]]:
    """Facility and day of what devices attested. Ingest numbers nothing: each row carries the
    number of the transaction that wrote it, and only the last weeks can have been written to.
    """
    window = asked.window
    first = max(asked.from_day, (asked.since_at - LATEST).date())
    statement = (
        select(device.c.facility_id, device_day.c.day)
        .join_from(device_day, device, device.c.id == device_day.c.device_id)
        .join(facility, facility.c.id == device.c.facility_id)
        .where(within(window.scope), device_day.c.day >= first - timedelta(days=1))
        .where(_is_written(device_day, window))
        .distinct()
    )
    if window.facility_id is not None:
        statement = statement.where(facility.c.id == window.facility_id)
    return [(row.facility_id, row.day) for row in await connection.execute(statement)]


# What is excused afterwards changes days that were told. Numbers as in `_is_written`.
_CORRECTIONS: Final = text(
    """
    WITH bounds AS (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS newest)
    SELECT m.place, m.starts_at, m.ends_at
    FROM bounds, giamsat_maintenance(
        CAST(:places AS bigint[]), CAST(:since AS timestamptz), CAST(:until AS timestamptz)) AS m
    WHERE m.kind = 'correction'
      AND newest - ((newest - m.written_in) & 4294967295) >= :first
      AND newest - ((newest - m.written_in) & 4294967295) < :end
    """
)


async def corrected_days(
    connection: AsyncConnection, asked: DayWindow, every: Sequence[House]
) -> Sequence[tuple[int, date]]:
    """Facility and day of what was excused afterwards, or is so no more."""
    zones = {house.facility.id: house.facility.time_zone for house in every}
    if not zones:
        return []
    values = {
        "places": list(zones),
        "since": min(midnight(asked.from_day, zone) for zone in zones.values()),
        "until": asked.known_until,
        "first": asked.window.since,
        "end": asked.window.until,
    }
    return [
        (row.place, day)
        for row in await connection.execute(_CORRECTIONS, values)
        for day in _days_of(row.starts_at, row.ends_at, zones[row.place])
    ]


def _days_of(start: datetime, end: datetime, zone: str) -> Iterator[date]:
    day = local_day(start, zone)
    while midnight(day, zone) < end:
        yield day
        day += timedelta(days=1)


async def changed_blindness(
    connection: AsyncConnection, window: Window
) -> Sequence[tuple[datetime, datetime]]:
    """When we learned only now that we could not know."""
    rows = await connection.execute(
        select(blind_span.c.from_at, blind_span.c.to_at).where(_is_written(blind_span, window))
    )
    return [(row.from_at, row.to_at) for row in rows]


def _written(table: Any, window: Window, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    found: Select[Any] = select(1).select_from(table).where(condition, _is_written(table, window))
    return exists(found)


def _is_written(table: Any, window: Window) -> ColumnElement[bool]:
    """By a transaction of the window. A row knows the low 32 bits of the number, and no row is of
    a transaction that is still to come; one so old that they have come round is told once more.
    """
    xmin = f"{table.name}.xmin::text::bigint"
    newest = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    number: ColumnElement[int] = literal_column(
        f"(CASE WHEN {xmin} < 3 THEN 0 ELSE {newest} - (({newest} - {xmin}) & 4294967295) END)"
    )
    return and_(number >= window.since, number < window.until)
