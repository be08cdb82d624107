"""Units as of a day, with the facilities and officers in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    any_,
    exists,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.console.folding import begin_words
from services.api.units.inside.queries import in_post
from shared.db.tables.people import role_assignment
from shared.db.tables.registry import admin_unit
from shared.db.tables.units import admin_unit_succession
from shared.domain.access import Scope
from shared.domain.jurisdiction import Level

_IDS: Final = ARRAY(BIGINT)
_parent: Final = admin_unit.alias("parent")


@dataclass(frozen=True, slots=True)
class Row:
    """A unit as it stands on record; `parent` is a code."""

    id: int
    code: str
    name: str
    kind: str
    level: str
    parent_id: int | None
    parent: str | None
    official_code: str | None
    valid_from: date
    valid_to: date | None
    legal_basis: str
    source: str


@dataclass(frozen=True, slots=True)
class Which:
    """Which units of a day; every filter that is set must fit."""

    on: date
    level: Level | None = None
    parent: str | None = None
    words: str = ""
    #: Only communes within these places in which nobody was child-protection officer then.
    vacant_in: Scope | None = None
    at: datetime | None = None


async def listed(
    connection: AsyncConnection, which: Which, *, after: str, limit: int
) -> Sequence[Row]:
    """By code, which no two units of a day share."""
    statement = _shown().where(holds(admin_unit, which.on), admin_unit.c.code > after)
    if which.level is not None:
        statement = statement.where(admin_unit.c.level == which.level)
    if which.parent is not None:
        statement = statement.where(_parent.c.code == which.parent)
    if which.words:
        statement = statement.where(admin_unit.c.id == any_(await _named(connection, which)))
    if which.vacant_in is not None and which.at is not None:
        statement = statement.where(_is_vacant(which.vacant_in, which.at))
    rows = await connection.execute(statement.order_by(admin_unit.c.code).limit(limit))
    return [Row(*row) for row in rows]


async def one(connection: AsyncConnection, code: str, on: date) -> Row | None:
    """The bearer of a code on a day; if there was none, the last one before it."""
    rows = await connection.execute(
        _shown()
        .where(admin_unit.c.code == code, admin_unit.c.valid_from <= on)
        .order_by(admin_unit.c.valid_from.desc())
        .limit(1)
    )
    row = rows.one_or_none()
    return Row(*row) if row else None


async def by_id(connection: AsyncConnection, unit_ids: Sequence[int]) -> dict[int, Row]:
    rows = await connection.execute(
        _shown().where(admin_unit.c.id == any_(literal(list(unit_ids), _IDS)))
    )
    return {row[0]: Row(*row) for row in rows}


async def chain(connection: AsyncConnection, unit_id: int) -> Sequence[int]:
    """A unit and all above it, the nearest first."""
    below = select(admin_unit.c.id, admin_unit.c.parent_id, literal(0).label("depth"))
    up = below.where(admin_unit.c.id == unit_id).cte("up", recursive=True)
    above = select(admin_unit.c.id, admin_unit.c.parent_id, up.c.depth + 1)
    up = up.union_all(above.join(up, up.c.parent_id == admin_unit.c.id))
    rows = await connection.scalars(select(up.c.id).order_by(up.c.depth))
    return rows.all()


async def names_on(connection: AsyncConnection, on: date) -> dict[str, str]:
    """By code."""
    rows = await connection.execute(
        select(admin_unit.c.code, admin_unit.c.name).where(holds(admin_unit, on))
    )
    return {row[0]: row[1] for row in rows}


def _shown() -> Select[Any]:
    unit = admin_unit.c
    return select(
        unit.id, unit.code, unit.name, unit.kind, unit.level, unit.parent_id, _parent.c.code,
        unit.official_code, unit.valid_from, unit.valid_to, unit.legal_basis, unit.source,
    ).select_from(admin_unit.outerjoin(_parent, _parent.c.id == unit.parent_id))  # fmt: skip


def holds(table: Any, on: date) -> ColumnElement[bool]:
    return and_(table.c.valid_from <= on, or_(table.c.valid_to.is_(None), table.c.valid_to > on))


async def _named(connection: AsyncConnection, which: Which) -> ColumnElement[Any]:
    """Marks do not matter, and the database knows no folding of Vietnamese."""
    names = await connection.execute(
        select(admin_unit.c.id, admin_unit.c.name, admin_unit.c.code).where(
            holds(admin_unit, which.on)
        )
    )
    return literal([row[0] for row in names if begin_words(which.words, row[1], row[2])], _IDS)


def _is_vacant(scope: Scope, at: datetime) -> ColumnElement[bool]:
    mine = true() if scope.is_everywhere else _in(scope.admin_unit_ids)
    held = exists().where(role_assignment.c.admin_unit_id == admin_unit.c.id, in_post(at))
    return and_(admin_unit.c.level == Level.COMMUNE, mine, ~held)


def _in(unit_ids: Sequence[int]) -> ColumnElement[bool]:
    return admin_unit.c.id == any_(literal(list(unit_ids), _IDS))


@dataclass(frozen=True, slots=True)
class Following:
    """One end of a succession."""

    code: str | None
    name: str | None
    kind: str
    effective_on: date
    legal_basis: str
    source: str


async def predecessors(connection: AsyncConnection, unit_id: int) -> Sequence[Following]:
    return await _following(
        connection, admin_unit_succession.c.to_id, unit_id, admin_unit_succession.c.from_id
    )


async def successors(connection: AsyncConnection, unit_id: int) -> Sequence[Following]:
    return await _following(
        connection, admin_unit_succession.c.from_id, unit_id, admin_unit_succession.c.to_id
    )


async def _following(
    connection: AsyncConnection, side: Any, unit_id: int, other: Any
) -> Sequence[Following]:
    one = admin_unit_succession.c
    rows = await connection.execute(
        select(
            admin_unit.c.code, admin_unit.c.name, one.kind, one.effective_on, one.legal_basis,
            one.source,
        )
        .select_from(admin_unit_succession.outerjoin(admin_unit, admin_unit.c.id == other))
        .where(side == unit_id)
        .order_by(admin_unit.c.code)
    )  # fmt: skip
    return [Following(*row) for row in rows]
