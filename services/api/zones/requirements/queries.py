"""Every statement about the dated requirements of a zone. The past is never written to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    RowMapping,
    Select,
    exists,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy import update as set_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.zones.requirements.schemas import RequirementIn, RequirementOut
from shared.db.tables.registry import requirement, zone
from shared.db.tables.requirements import watch_calendar

#: Taken back before it began, it never bound.
_EVER_BOUND = or_(
    requirement.c.valid_to.is_(None), requirement.c.valid_to > requirement.c.valid_from
)


@dataclass(frozen=True, slots=True)
class Change:
    """From when on something else is required, why, and by whom it was said."""

    valid_from: datetime
    reason: str = ""
    set_by: int | None = None


def columns() -> Select[Any]:
    return (
        select(
            requirement.c.id,
            requirement.c.min_devices,
            requirement.c.max_gap_s,
            requirement.c.calendar_id.label("calendar"),
            watch_calendar.c.name.label("calendar_name"),
            requirement.c.kinds,
            requirement.c.occupied,
            requirement.c.reason,
            requirement.c.valid_from,
            requirement.c.valid_to,
        )
        .select_from(requirement)
        .outerjoin(watch_calendar, watch_calendar.c.id == requirement.c.calendar_id)
    )


def in_force_at(now: datetime) -> FromClause:
    """Beside each zone, what it requires, or what it required last, if that never bound."""
    return (
        columns()
        .where(requirement.c.zone_id == zone.c.id, requirement.c.valid_from <= now)
        .order_by(_EVER_BOUND.desc(), requirement.c.valid_from.desc(), requirement.c.id.desc())
        .limit(1)
        .lateral("in_force")
    )


def requirement_out(row: RowMapping) -> RequirementOut:
    return RequirementOut.model_validate({name: row[name] for name in RequirementOut.model_fields})


async def history(connection: AsyncConnection, zone_id: int) -> Sequence[RequirementOut]:
    """All that ever bound or will, the newest first."""
    rows = await connection.execute(
        columns()
        .where(requirement.c.zone_id == zone_id, _EVER_BOUND)
        .order_by(requirement.c.valid_from.desc(), requirement.c.id.desc())
    )
    return [requirement_out(row) for row in rows.mappings()]


async def at(connection: AsyncConnection, zone_id: int, instant: datetime) -> RequirementIn | None:
    """What binds at an instant, as far as it is said by now."""
    rows = await connection.execute(
        columns()
        .where(requirement.c.zone_id == zone_id, requirement.c.valid_from <= instant, _EVER_BOUND)
        .order_by(requirement.c.valid_from.desc(), requirement.c.id.desc())
        .limit(1)
    )
    row = rows.mappings().one_or_none()
    if row is None:
        return None
    return RequirementIn.model_construct(**{name: row[name] for name in RequirementIn.model_fields})


async def require(
    connection: AsyncConnection, zone_id: int, wanted: RequirementIn, change: Change
) -> None:
    """End what is in force then and begin anew: what was required before stays on record."""
    await end(connection, zone_id, at=change.valid_from)
    await begin(connection, zone_id, wanted, change)


async def begin(
    connection: AsyncConnection, zone_id: int, wanted: RequirementIn, change: Change
) -> None:
    await connection.execute(
        insert(requirement).values(
            zone_id=zone_id,
            min_devices=wanted.min_devices,
            max_gap_s=wanted.max_gap_s,
            calendar_id=wanted.calendar,
            kinds=None if wanted.kinds is None else [str(kind) for kind in wanted.kinds],
            occupied=wanted.occupied,
            reason=change.reason,
            set_by=change.set_by,
            valid_from=change.valid_from,
        )
    )


async def end(connection: AsyncConnection, zone_id: int, *, at: datetime) -> None:
    """Also what was to begin later: it ends as it begins, so it never binds."""
    await connection.execute(
        set_(requirement)
        .where(requirement.c.zone_id == zone_id, _still_to_bind(at))
        .values(valid_to=func.greatest(requirement.c.valid_from, at))
    )


def _still_to_bind(at: datetime) -> ColumnElement[bool]:
    return or_(requirement.c.valid_to.is_(None), requirement.c.valid_to > at)


async def may_name(connection: AsyncConnection, calendar_id: int, facility_id: int) -> bool:
    """Whether a calendar is everybody's or of that facility, and still in use."""
    found = exists().where(
        watch_calendar.c.id == calendar_id,
        watch_calendar.c.retired_at.is_(None),
        or_(watch_calendar.c.facility_id.is_(None), watch_calendar.c.facility_id == facility_id),
    )
    return bool(await connection.scalar(select(found)))
