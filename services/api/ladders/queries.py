"""Ladders in the database."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    any_,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from shared.db.names import name_of
from shared.db.tables.ladders import ladder, ladder_step
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Scope
from shared.domain.escalation import Rung

#: Stands for the ladder that has no row: the one for everything.
USUAL: Final = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A ladder as the table has it."""

    id: int
    name: str
    severity: str | None
    zone_kind: str | None
    facility_id: int | None
    facility: str | None
    facility_name: str | None
    home_id: int | None
    unit_id: int | None
    unit: str | None
    unit_name: str | None
    valid_from: datetime
    valid_to: datetime | None

    def is_in(self, scope: Scope) -> bool:
        if self.facility_id is not None and self.home_id is not None:
            return scope.covers(facility_id=self.facility_id, admin_unit_id=self.home_id)
        if self.unit_id is not None:
            return scope.covers_unit(self.unit_id)
        return scope.is_everywhere


@dataclass(frozen=True, slots=True)
class New:
    """A ladder to begin."""

    name: str
    severity: str | None = None
    zone_kind: str | None = None
    facility_id: int | None = None
    unit_id: int | None = None


async def page(
    connection: AsyncConnection,
    scope: Scope,
    *,
    now: datetime,
    before: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[Kept]:
    """Those in force that concern a scope, the newest first."""
    statement = _shown(scope).where(or_(ladder.c.valid_to.is_(None), ladder.c.valid_to > now))
    if before is not None:
        statement = statement.where(tuple_(ladder.c.valid_from, ladder.c.id) < before)
    order = (ladder.c.valid_from.desc(), ladder.c.id.desc())
    rows = await connection.execute(statement.order_by(*order).limit(limit))
    return [_kept(row) for row in rows]


async def one(connection: AsyncConnection, ladder_id: int, scope: Scope) -> Kept | None:
    row = (await connection.execute(_shown(scope).where(ladder.c.id == ladder_id))).one_or_none()
    return _kept(row) if row else None


def _kept(row: Row[Any]) -> Kept:
    return Kept(*tuple(row))


def _shown(scope: Scope) -> Select[Any]:
    return (
        select(
            ladder.c.id, ladder.c.name, ladder.c.severity, ladder.c.zone_kind,
            ladder.c.facility_id, facility.c.code, facility.c.name, facility.c.admin_unit_id,
            ladder.c.admin_unit_id, admin_unit.c.code, admin_unit.c.name,
            ladder.c.valid_from, ladder.c.valid_to,
        )
        .select_from(ladder)
        .outerjoin(facility, facility.c.id == ladder.c.facility_id)
        .outerjoin(admin_unit, admin_unit.c.id == ladder.c.admin_unit_id)
        .where(_concerns(scope))
    )  # fmt: skip


def _concerns(scope: Scope) -> ColumnElement[bool]:
    """One's own place and what lies in it, what lies around it, and the whole country."""
    if scope.is_everywhere:
        return true()
    around = select(func.giamsat_units_above("watch", type_=BIGINT).column_valued())
    of_country = ladder.c.facility_id.is_(None) & ladder.c.admin_unit_id.is_(None)
    return or_(
        of_country,
        ladder.c.admin_unit_id.in_(around),
        ladder.c.admin_unit_id == any_(literal(list(scope.admin_unit_ids), ARRAY(BIGINT))),
        ladder.c.facility_id.is_not(None) & facility.c.id.is_not(None) & within(scope),
    )


async def steps(
    connection: AsyncConnection, ladder_ids: Collection[int], *, now: datetime
) -> Mapping[int, list[Any]]:
    """By ladder, in their order: those in force, or, of one that has ended, the last ones."""
    its = ladder_step.c
    number = func.coalesce(its.ladder_id, USUAL)
    last = or_(its.valid_to.is_(None), its.valid_to > now, its.valid_to == ladder.c.valid_to)
    rows = await connection.execute(
        select(
            number.label("ladder"), its.step, its.role, its.after_s, its.hours, its.channels,
            its.needs_all, its.repeat_s, its.valid_from,
        )
        .select_from(ladder_step)
        .outerjoin(ladder, ladder.c.id == its.ladder_id)
        .where(number.in_(list(ladder_ids)), last, its.valid_from <= now)
        .order_by(its.step, its.after_s, its.id)
    )  # fmt: skip
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.ladder].append(row)
    return found


async def begin(connection: AsyncConnection, new: New, *, by: int, now: datetime) -> int:
    number: int = (
        await connection.execute(
            insert(ladder)
            .values(
                name=new.name,
                severity=new.severity,
                zone_kind=new.zone_kind,
                facility_id=new.facility_id,
                admin_unit_id=new.unit_id,
                valid_from=now,
                created_by=by,
            )
            .returning(ladder.c.id)
        )
    ).scalar_one()
    return number


async def add_steps(
    connection: AsyncConnection, ladder_id: int, rungs: Sequence[Rung], *, now: datetime
) -> None:
    await connection.execute(
        insert(ladder_step),
        [
            {
                "ladder_id": ladder_id or None,
                "step": rung.number,
                "role": rung.role,
                "after_s": int(rung.after.total_seconds()),
                "hours": rung.hours,
                "channels": list(rung.channels),
                "needs_all": rung.needs_all,
                "repeat_s": rung.repeat and int(rung.repeat.total_seconds()),
                "valid_from": now,
            }
            for rung in rungs
        ],
    )


async def end(connection: AsyncConnection, ladder_id: int, *, now: datetime) -> bool:
    """False if somebody else has ended it; of the one for everything only the steps end."""
    if ladder_id != USUAL:
        ended = await connection.execute(
            update(ladder)
            .where(ladder.c.id == ladder_id, ladder.c.valid_to.is_(None))
            .values(valid_to=now)
        )
        if not ended.rowcount:
            return False
    else:
        await connection.execute(select(func.pg_advisory_xact_lock(0x6C616464)))
    of_it = ladder_step.c.ladder_id
    await connection.execute(
        update(ladder_step)
        .where(
            of_it.is_(None) if ladder_id == USUAL else of_it == ladder_id,
            ladder_step.c.valid_to.is_(None),
        )
        .values(valid_to=now)
    )
    return True


async def names(connection: AsyncConnection, user_ids: Collection[int]) -> Mapping[int, str]:
    """As the caller may know them."""
    wanted = select(
        func.unnest(literal(list(user_ids), ARRAY(BIGINT))).column_valued("number")
    ).subquery()
    rows = await connection.execute(select(wanted.c.number, name_of(wanted.c.number)))
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True, slots=True)
class Home:
    """A facility that a ladder may count for."""

    id: int
    code: str
    name: str


async def homes(connection: AsyncConnection, scope: Scope, *, limit: int) -> Sequence[Home]:
    """In service, by name."""
    rows = await connection.execute(
        select(facility.c.id, facility.c.code, facility.c.name)
        .where(facility.c.retired_at.is_(None), within(scope))
        .order_by(facility.c.name, facility.c.code)
        .limit(limit)
    )
    return [Home(*row) for row in rows]
