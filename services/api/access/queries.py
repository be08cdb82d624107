"""Jurisdiction as the database knows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, any_, exists, insert, literal, or_, select, true, union_all
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.registry import admin_unit, facility
from shared.db.tables.units import admin_unit_succession
from shared.domain.access import Scope
from shared.domain.jurisdiction import Change, Level


@dataclass(frozen=True, slots=True)
class Facility:
    """A facility, as far as access to it and what hangs on it goes."""

    id: int
    code: str
    admin_unit_id: int
    time_zone: str
    registered_at: datetime
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unit:
    """An administrative unit."""

    id: int
    code: str
    level: str


_FACILITY = (
    facility.c.id,
    facility.c.code,
    facility.c.admin_unit_id,
    facility.c.time_zone,
    facility.c.registered_at,
    facility.c.retired_at,
)


def within(scope: Scope) -> ColumnElement[bool]:
    """Whether a row of `facility` lies in a scope."""
    if scope.is_everywhere:
        return true()
    return or_(
        facility.c.admin_unit_id == any_(literal(list(scope.admin_unit_ids), ARRAY(BIGINT))),
        facility.c.id == any_(literal(list(scope.facility_ids), ARRAY(BIGINT))),
    )


async def children_of(connection: AsyncConnection, *, today: date) -> dict[int, Sequence[int]]:
    """The units directly below each unit, at whatever date: the past is theirs to see too.

    Below a province is also what it follows: what nobody has placed yet must be somebody's.
    Row-level security reaches as far.
    """
    followed = (
        select(admin_unit_succession.c.to_id, admin_unit_succession.c.from_id)
        .join(admin_unit, admin_unit.c.id == admin_unit_succession.c.from_id)
        .where(
            admin_unit.c.level == Level.PROVINCE,
            admin_unit_succession.c.kind.in_((Change.MERGE, Change.RENAME)),
            admin_unit_succession.c.effective_on <= today,
        )
    )
    children = select(admin_unit.c.parent_id, admin_unit.c.id)
    rows = await connection.execute(
        union_all(children.where(admin_unit.c.parent_id.is_not(None)), followed)
    )
    below: dict[int, list[int]] = {}
    for parent_id, unit_id in rows:
        below.setdefault(parent_id, []).append(unit_id)
    return dict(below)


async def facility_in(connection: AsyncConnection, code: str, scope: Scope) -> Facility | None:
    row = (
        await connection.execute(select(*_FACILITY).where(facility.c.code == code, within(scope)))
    ).one_or_none()
    return Facility(*row) if row else None


async def lock_facility(connection: AsyncConnection, code: str, scope: Scope) -> Facility | None:
    """The same, and nobody else changes what hangs on it until the transaction ends.

    Others may still refer to the row, so judging goes on.
    """
    row = (
        await connection.execute(
            select(*_FACILITY)
            .where(facility.c.code == code, within(scope))
            .with_for_update(key_share=True)
        )
    ).one_or_none()
    return Facility(*row) if row else None


async def add_first_province(connection: AsyncConnection, *, today: date) -> None:
    """On a system where no unit is on record: everything must lie somewhere."""
    anything = exists(select(literal(1)).select_from(admin_unit))
    if not await connection.scalar(select(anything)):
        await connection.execute(
            insert(admin_unit).values(
                code="1", name="Tỉnh", level="province", kind="province", valid_from=today
            )
        )


async def units(connection: AsyncConnection, *, today: date) -> Sequence[Unit]:
    """The units of a day, provinces first."""
    rows = await connection.execute(
        select(admin_unit.c.id, admin_unit.c.code, admin_unit.c.level)
        .where(
            admin_unit.c.valid_from <= today,
            or_(admin_unit.c.valid_to.is_(None), admin_unit.c.valid_to > today),
        )
        .order_by(admin_unit.c.level.desc(), admin_unit.c.code)
    )
    return [Unit(*row) for row in rows]
