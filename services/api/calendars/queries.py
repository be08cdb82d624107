"""Every statement about watch calendars."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.calendars.schemas import CalendarIn, CalendarOut
from shared.db.tables.registry import facility, requirement, zone
from shared.db.tables.requirements import watch_calendar
from shared.db.watch_calendars import weekly_of
from shared.domain.access import Scope


def _shown(scope: Scope, now: datetime) -> Select[Any]:
    """Those for everybody, and those of the facilities in a scope."""
    going_by = (
        select(func.count(zone.c.id.distinct()))
        .join_from(requirement, zone, zone.c.id == requirement.c.zone_id)
        .join(facility, facility.c.id == zone.c.facility_id)
        .where(
            within(scope),
            requirement.c.calendar_id == watch_calendar.c.id,
            or_(requirement.c.valid_to.is_(None), requirement.c.valid_to > now),
            or_(
                requirement.c.valid_to.is_(None),
                requirement.c.valid_to > requirement.c.valid_from,
            ),
            zone.c.retired_at.is_(None),
        )
        .correlate(watch_calendar)
        .scalar_subquery()
    )
    return (
        select(
            watch_calendar.c.id,
            watch_calendar.c.name,
            facility.c.code.label("facility"),
            watch_calendar.c.weekly,
            watch_calendar.c.on_holidays,
            going_by.label("zones"),
            watch_calendar.c.created_at,
            watch_calendar.c.retired_at,
        )
        .outerjoin_from(watch_calendar, facility, facility.c.id == watch_calendar.c.facility_id)
        .where(or_(watch_calendar.c.facility_id.is_(None), within(scope)))
    )


async def listed(
    connection: AsyncConnection,
    scope: Scope,
    *,
    before: tuple[datetime, int] | None,
    limit: int,
    now: datetime,
) -> Sequence[CalendarOut]:
    """Those that can be chosen or still bind, the newest first."""
    statement = _shown(scope, now).order_by(
        watch_calendar.c.created_at.desc(), watch_calendar.c.id.desc()
    )
    if before is not None:
        place = func.row(watch_calendar.c.created_at, watch_calendar.c.id)
        statement = statement.where(place < func.row(*before))
    rows = await connection.execute(statement.limit(limit))
    return [_calendar_out(row) for row in rows.mappings()]


async def of_facility(
    connection: AsyncConnection, facility_id: int, *, now: datetime
) -> Sequence[CalendarOut]:
    """Those that a zone there may go by, by name."""
    rows = await connection.execute(
        _shown(Scope(facility_ids=(facility_id,)), now)
        .where(
            watch_calendar.c.retired_at.is_(None),
            or_(
                watch_calendar.c.facility_id.is_(None), watch_calendar.c.facility_id == facility_id
            ),
        )
        .order_by(watch_calendar.c.name, watch_calendar.c.id)
    )
    return [_calendar_out(row) for row in rows.mappings()]


async def one(
    connection: AsyncConnection, scope: Scope, calendar_id: int, *, now: datetime
) -> CalendarOut | None:
    rows = await connection.execute(_shown(scope, now).where(watch_calendar.c.id == calendar_id))
    row = rows.mappings().one_or_none()
    return _calendar_out(row) if row else None


async def add(
    connection: AsyncConnection,
    given: CalendarIn,
    *,
    facility_id: int | None,
    by: int,
    now: datetime,
) -> int:
    added: int = (
        await connection.execute(
            insert(watch_calendar)
            .values(
                facility_id=facility_id,
                name=given.name,
                weekly=weekly_of(given.calendar()),
                on_holidays=given.on_holidays,
                created_at=now,
                created_by=by,
            )
            .returning(watch_calendar.c.id)
        )
    ).scalar_one()
    return added


async def retire(connection: AsyncConnection, calendar_id: int, *, now: datetime) -> None:
    await connection.execute(
        update(watch_calendar)
        .where(watch_calendar.c.id == calendar_id, watch_calendar.c.retired_at.is_(None))
        .values(retired_at=now)
    )


def _calendar_out(row: RowMapping) -> CalendarOut:
    return CalendarOut.model_validate(dict(row))
