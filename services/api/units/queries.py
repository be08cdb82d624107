"""Units as of a day, with the facilities and officers in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    any_,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.console.folding import begin_words
from shared.db.tables.people import role_assignment, user_account
from shared.db.tables.registry import admin_unit, facility
from shared.db.tables.units import admin_unit_succession, authority
from shared.domain.access import Role, Scope
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


def in_post(at: datetime) -> ColumnElement[bool]:
    """A child-protection officer of a commune at an instant, deputies as well."""
    held = role_assignment.c
    return and_(
        held.role == Role.COMMUNE_CPO,
        held.valid_from <= at,
        or_(held.valid_to.is_(None), held.valid_to > at),
        exists().where(
            user_account.c.id == held.user_id,
            or_(user_account.c.disabled_at.is_(None), user_account.c.disabled_at > at),
        ),
    )


def _is_vacant(scope: Scope, at: datetime) -> ColumnElement[bool]:
    mine = true() if scope.is_everywhere else _in(scope.admin_unit_ids)
    held = exists().where(role_assignment.c.admin_unit_id == admin_unit.c.id, in_post(at))
    return and_(admin_unit.c.level == Level.COMMUNE, mine, ~held)


def _in(unit_ids: Sequence[int]) -> ColumnElement[bool]:
    return admin_unit.c.id == any_(literal(list(unit_ids), _IDS))


async def officers_in(
    connection: AsyncConnection, unit_ids: Sequence[int], *, at: datetime
) -> Mapping[int, int]:
    """How many are in post in each; units with none are not named."""
    rows = await connection.execute(
        select(role_assignment.c.admin_unit_id, func.count())
        .where(role_assignment.c.admin_unit_id == any_(literal(list(unit_ids), _IDS)), in_post(at))
        .group_by(role_assignment.c.admin_unit_id)
    )
    return {row[0]: row[1] for row in rows}


_LYING: Final = text(
    """
    WITH RECURSIVE lying AS (
        SELECT coalesce(l.admin_unit_id, f.admin_unit_id) AS unit_id, f.id
        FROM facility f
        LEFT JOIN LATERAL (
            SELECT admin_unit_id FROM facility_location
            WHERE facility_id = f.id AND valid_from <= CAST(:on AS date)
              AND coalesce(valid_to, 'infinity') > CAST(:on AS date)
            ORDER BY valid_from DESC LIMIT 1
        ) AS l ON true
        WHERE (l.admin_unit_id IS NOT NULL OR NOT EXISTS (
                   SELECT FROM facility_location WHERE facility_id = f.id))
          AND coalesce(f.retired_at, 'infinity') > CAST(:at AS timestamptz)
          AND (:everywhere OR f.admin_unit_id = ANY(CAST(:units AS bigint[]))
               OR f.id = ANY(CAST(:facilities AS bigint[])))
    ), up AS (
        SELECT unit_id, id FROM lying
        UNION SELECT u.parent_id, up.id FROM up JOIN admin_unit u ON u.id = up.unit_id
        WHERE u.parent_id IS NOT NULL
    )
    SELECT unit_id, count(*) FROM up WHERE unit_id = ANY(CAST(:wanted AS bigint[]))
    GROUP BY unit_id
    """
)


async def facilities_in(
    connection: AsyncConnection, unit_ids: Sequence[int], scope: Scope, *, on: date, at: datetime
) -> Mapping[int, int]:
    """How many of a scope lay in each unit, or below it, on a day."""
    found = await connection.execute(
        _LYING,
        {
            "wanted": list(unit_ids), "on": on, "at": at, "everywhere": scope.is_everywhere,
            "units": list(scope.admin_unit_ids), "facilities": list(scope.facility_ids),
        },
    )  # fmt: skip
    return {row[0]: row[1] for row in found}


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


async def officers(
    connection: AsyncConnection, unit_id: int, *, at: datetime
) -> Sequence[Mapping[str, Any]]:
    """Everybody with a role at the unit at an instant. It names people: for `disclosing` only."""
    held = role_assignment.c
    rows = await connection.execute(
        select(
            held.user_id, user_account.c.name, held.role, authority.c.name.label("authority"),
            held.is_deputy, held.time_share_percent, held.legal_basis,
        )
        .select_from(
            role_assignment.join(user_account, user_account.c.id == held.user_id).outerjoin(
                authority, authority.c.id == held.authority_id
            )
        )
        .where(
            held.admin_unit_id == unit_id,
            held.valid_from <= at,
            or_(held.valid_to.is_(None), held.valid_to > at),
            or_(user_account.c.disabled_at.is_(None), user_account.c.disabled_at > at),
        )
        .order_by(held.role, held.is_deputy, held.user_id)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


@dataclass(frozen=True, slots=True)
class Lying:
    """A facility that lay in a unit, and where it lies today."""

    code: str
    name: str
    unit_now: str
    unit_name_now: str


async def facilities_of(
    connection: AsyncConnection, unit_id: int, scope: Scope, *, on: date, after: str, limit: int
) -> Sequence[Lying]:
    """Those of a scope that lay directly in it on a day, by code."""
    past = text(
        "coalesce((SELECT l.admin_unit_id FROM facility_location l "
        "WHERE l.facility_id = facility.id AND l.valid_from <= CAST(:on AS date) "
        "AND coalesce(l.valid_to, 'infinity') > CAST(:on AS date) "
        "ORDER BY l.valid_from DESC LIMIT 1), CASE WHEN NOT EXISTS ("
        "SELECT FROM facility_location l WHERE l.facility_id = facility.id) "
        "THEN facility.admin_unit_id END) = :unit"
    ).bindparams(on=on, unit=unit_id)
    rows = await connection.execute(
        select(facility.c.code, facility.c.name, admin_unit.c.code, admin_unit.c.name)
        .join_from(facility, admin_unit)
        .where(within(scope), facility.c.retired_at.is_(None), past, facility.c.code > after)
        .order_by(facility.c.code)
        .limit(limit)
    )
    return [Lying(*row) for row in rows]
