"""The rota in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, any_, insert, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from shared.db.names import name_of
from shared.db.tables.ladders import duty_shift
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Role, Scope
from shared.domain.duty import Shift


@dataclass(frozen=True, slots=True)
class Kept:
    """A shift as the table has it."""

    id: int
    facility_id: int | None
    facility: str | None
    facility_name: str | None
    home_id: int | None
    unit_id: int | None
    unit: str | None
    unit_name: str | None
    role: str
    user_id: int
    name: str
    is_deputy: bool
    starts_at: datetime
    ends_at: datetime
    cancelled_at: datetime | None

    def is_in(self, scope: Scope) -> bool:
        if self.facility_id is not None and self.home_id is not None:
            return scope.covers(facility_id=self.facility_id, admin_unit_id=self.home_id)
        return self.unit_id is not None and scope.covers_unit(self.unit_id)


@dataclass(frozen=True, slots=True)
class Seen:
    """Whose rota somebody sees: their own shifts, and those of a scope."""

    user_id: int
    scope: Scope


@dataclass(frozen=True, slots=True)
class Which:
    """Which shifts are asked for: those that touch a stretch of time, of one place or of all."""

    since: datetime
    until: datetime
    facility_id: int | None = None
    unit_id: int | None = None


async def page(
    connection: AsyncConnection,
    seen: Seen,
    which: Which,
    *,
    before: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[Kept]:
    """The latest first; cancelled ones are not there."""
    its = duty_shift.c
    statement = _shown(seen).where(
        its.cancelled_at.is_(None), its.ends_at > which.since, its.starts_at < which.until
    )
    if which.facility_id is not None:
        statement = statement.where(its.facility_id == which.facility_id)
    if which.unit_id is not None:
        statement = statement.where(its.admin_unit_id == which.unit_id)
    if before is not None:
        at, number = before
        statement = statement.where(
            or_(its.starts_at < at, (its.starts_at == at) & (its.id < number))
        )
    order = (its.starts_at.desc(), its.id.desc())
    rows = await connection.execute(statement.order_by(*order).limit(limit))
    return [Kept(*tuple(row)) for row in rows]


async def one(connection: AsyncConnection, shift_id: int, seen: Seen) -> Kept | None:
    statement = _shown(seen).where(duty_shift.c.id == shift_id)
    row = (await connection.execute(statement)).one_or_none()
    return Kept(*tuple(row)) if row else None


def _shown(seen: Seen) -> Select[Any]:
    its = duty_shift.c
    return (
        select(
            its.id, its.facility_id, facility.c.code, facility.c.name, facility.c.admin_unit_id,
            its.admin_unit_id, admin_unit.c.code, admin_unit.c.name, its.role, its.user_id,
            name_of(its.user_id), its.is_deputy, its.starts_at, its.ends_at, its.cancelled_at,
        )
        .select_from(duty_shift)
        .outerjoin(facility, facility.c.id == its.facility_id)
        .outerjoin(admin_unit, admin_unit.c.id == its.admin_unit_id)
        .where(or_(its.user_id == seen.user_id, _lies_in(seen.scope)))
    )  # fmt: skip


def _lies_in(scope: Scope) -> ColumnElement[bool]:
    if scope.is_everywhere:
        return true()
    units = any_(literal(list(scope.admin_unit_ids), ARRAY(BIGINT)))
    in_facility = duty_shift.c.facility_id.is_not(None) & within(scope)
    return or_(duty_shift.c.admin_unit_id == units, in_facility)


@dataclass(frozen=True, slots=True)
class New:
    """Who is put on duty, as what, and where."""

    role: Role
    user_id: int
    is_deputy: bool
    facility_id: int | None
    unit_id: int | None


async def add(
    connection: AsyncConnection, new: New, shifts: Sequence[Shift], *, by: int, now: datetime
) -> list[int]:
    found = await connection.execute(
        insert(duty_shift).returning(duty_shift.c.id),
        [
            {
                "role": new.role,
                "user_id": new.user_id,
                "is_deputy": new.is_deputy,
                "facility_id": new.facility_id,
                "admin_unit_id": new.unit_id,
                "starts_at": shift.starts_at,
                "ends_at": shift.ends_at,
                "created_at": now,
                "created_by": by,
            }
            for shift in shifts
        ],
    )
    return sorted(found.scalars())


async def of_numbers(
    connection: AsyncConnection, shift_ids: Sequence[int], seen: Seen
) -> Sequence[Kept]:
    statement = _shown(seen).where(duty_shift.c.id.in_(shift_ids)).order_by(duty_shift.c.starts_at)
    return [Kept(*tuple(row)) for row in await connection.execute(statement)]


async def cancel(connection: AsyncConnection, shift_id: int, *, by: int, now: datetime) -> bool:
    """False if somebody else has."""
    ended = await connection.execute(
        update(duty_shift)
        .where(duty_shift.c.id == shift_id, duty_shift.c.cancelled_at.is_(None))
        .values(cancelled_at=now, cancelled_by=by)
    )
    return bool(ended.rowcount)


async def overlapping(connection: AsyncConnection, new: New, shift: Shift) -> bool:
    """Whether the same person is on duty there in the same role at a time of it already."""
    its = duty_shift.c
    found = await connection.scalar(
        select(its.id)
        .where(
            its.user_id == new.user_id,
            its.role == new.role,
            its.facility_id.is_not_distinct_from(new.facility_id),
            its.admin_unit_id.is_not_distinct_from(new.unit_id),
            its.cancelled_at.is_(None),
            its.starts_at < shift.ends_at,
            its.ends_at > shift.starts_at,
        )
        .limit(1)
    )
    return found is not None
