"""People and their roles, as far as a caller may know of them."""

from collections.abc import Collection, Mapping, Sequence
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
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.people.schemas import HeldOut
from shared.db.names import only_for, reaches
from shared.db.tables.people import role_assignment, user_account
from shared.db.tables.registry import admin_unit, facility
from shared.db.tables.units import authority
from shared.domain.access import Role, Scope

_IDS: Final = ARRAY(BIGINT)
#: The form in which marks stand apart from their letters; PostgreSQL has it as a key word.
_NFD: Final[ColumnElement[str]] = literal_column("NFD")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a day."""

    id: int
    code: str
    level: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A place to choose."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the table has them."""

    id: int
    email: str | None
    name: str | None
    language: str
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a caller manages people, and where they may see who they are."""

    managed: Scope
    named: Scope


@dataclass(frozen=True, slots=True)
class Which:
    """Which people are asked for."""

    words: Sequence[str] = ()
    role: Role | None = None
    facility: str | None = None
    admin_unit: str | None = None


async def unit(connection: AsyncConnection, code: str, *, on: date) -> Unit | None:
    row = (
        await connection.execute(
            select(admin_unit.c.id, admin_unit.c.code, admin_unit.c.level).where(
                admin_unit.c.code == code, _holds(admin_unit.c, on)
            )
        )
    ).one_or_none()
    return Unit(*row) if row else None


async def units_in(connection: AsyncConnection, scope: Scope, *, on: date) -> Sequence[Offered]:
    """Provinces first."""
    statement = select(admin_unit.c.code, admin_unit.c.name).where(_holds(admin_unit.c, on))
    if not scope.is_everywhere:
        ids = literal(list(scope.admin_unit_ids), _IDS)
        statement = statement.where(admin_unit.c.id == any_(ids))
    by_level = (admin_unit.c.level.desc(), admin_unit.c.name, admin_unit.c.code)
    return [Offered(*row) for row in await connection.execute(statement.order_by(*by_level))]


async def facilities_in(connection: AsyncConnection, scope: Scope) -> Sequence[Offered]:
    statement = select(facility.c.code, facility.c.name).where(
        facility.c.retired_at.is_(None), within(scope)
    )
    rows = await connection.execute(statement.order_by(facility.c.name, facility.c.code))
    return [Offered(*row) for row in rows]


async def authority_id(connection: AsyncConnection, code: str, *, on: date) -> int | None:
    found: int | None = await connection.scalar(
        select(authority.c.id).where(authority.c.code == code, _holds(authority.c, on))
    )
    return found


def _holds(columns: Any, on: date) -> ColumnElement[bool]:
    return and_(columns.valid_from <= on, or_(columns.valid_to.is_(None), columns.valid_to > on))


def held_within(scope: Scope) -> ColumnElement[bool]:
    """Whether a row of `role_assignment`, beside its facility if it has one, lies in a scope."""
    if scope.is_everywhere:
        return true()
    units = literal(list(scope.admin_unit_ids), _IDS)
    return or_(
        role_assignment.c.admin_unit_id == any_(units),
        role_assignment.c.facility_id == any_(literal(list(scope.facility_ids), _IDS)),
        role_assignment.c.facility_id.in_(
            select(facility.c.id).where(facility.c.admin_unit_id == any_(units))
        ),
    )


async def people(
    connection: AsyncConnection, seen: Seen, which: Which, *, after: int, limit: int
) -> Sequence[Person]:
    """By number. Words find only those whom the caller may see by name."""
    statement = _people(seen).where(user_account.c.id > after)
    for word in which.words:
        by_name = exists().where(
            role_assignment.c.user_id == user_account.c.id, held_within(seen.named)
        )
        statement = statement.where(_folded().like(f"%{word}%"), or_(_everybody(seen), by_name))
    if which.role or which.facility or which.admin_unit:
        statement = statement.where(_holds_asked(seen, which))
    rows = await connection.execute(statement.order_by(user_account.c.id).limit(limit))
    return [Person(*row) for row in rows]


async def person(connection: AsyncConnection, seen: Seen, person_id: int) -> Person | None:
    row = (
        await connection.execute(_people(seen).where(user_account.c.id == person_id))
    ).one_or_none()
    return Person(*row) if row else None


def _people(seen: Seen) -> Select[Any]:
    theirs = exists().where(
        role_assignment.c.user_id == user_account.c.id,
        or_(held_within(seen.managed), held_within(seen.named)),
    )
    return select(
        user_account.c.id,
        only_for("named", user_account.c.email),
        only_for("named", user_account.c.name),
        user_account.c.language,
        user_account.c.created_at,
        user_account.c.disabled_at,
    ).where(or_(literal(seen.managed.is_everywhere or seen.named.is_everywhere), theirs))


def _everybody(seen: Seen) -> ColumnElement[bool]:
    return literal(seen.named.is_everywhere)


def _holds_asked(seen: Seen, which: Which) -> ColumnElement[bool]:
    conditions = [
        role_assignment.c.user_id == user_account.c.id,
        or_(held_within(seen.managed), held_within(seen.named)),
    ]
    if which.role is not None:
        conditions.append(role_assignment.c.role == which.role)
    if which.facility is not None:
        at = select(facility.c.id).where(facility.c.code == which.facility)
        conditions.append(role_assignment.c.facility_id.in_(at))
    if which.admin_unit is not None:
        there = select(admin_unit.c.id).where(admin_unit.c.code == which.admin_unit)
        within = select(facility.c.id).where(facility.c.admin_unit_id.in_(there))
        conditions.append(
            or_(
                role_assignment.c.admin_unit_id.in_(there),
                role_assignment.c.facility_id.in_(within),
            )
        )
    return exists().where(*conditions)


def _folded() -> ColumnElement[str]:
    """Name and address in small letters without marks, as what is searched for is."""
    text = func.translate(func.concat(user_account.c.name, " ", user_account.c.email), "đĐ", "dd")
    marks = "[\u0300-\u036f]"
    return func.lower(func.regexp_replace(func.normalize(text, _NFD), marks, "", "g"))


async def roles_of(
    connection: AsyncConnection, seen: Seen, people_ids: Collection[int]
) -> Mapping[int, list[tuple[HeldOut, bool]]]:
    """By person, the newest first, each with whether its holder may be named there."""
    rows = await connection.execute(
        _roles()
        .add_columns(
            role_assignment.c.user_id,
            and_(held_within(seen.named), reaches("named")).label("is_named"),
        )
        .where(
            role_assignment.c.user_id.in_(people_ids),
            or_(held_within(seen.managed), held_within(seen.named)),
        )
        .order_by(role_assignment.c.valid_from.desc(), role_assignment.c.id.desc())
    )
    found: dict[int, list[tuple[HeldOut, bool]]] = {}
    for row in rows.mappings():
        found.setdefault(row["user_id"], []).append(
            (HeldOut.model_validate(dict(row)), row["is_named"])
        )
    return found


def _roles() -> Select[Any]:
    return (
        select(
            role_assignment.c.id,
            role_assignment.c.role,
            facility.c.code.label("facility"),
            facility.c.name.label("facility_name"),
            admin_unit.c.code.label("admin_unit"),
            admin_unit.c.name.label("admin_unit_name"),
            role_assignment.c.valid_from,
            role_assignment.c.valid_to,
            authority.c.name.label("authority"),
            role_assignment.c.legal_basis,
            role_assignment.c.is_deputy,
            role_assignment.c.time_share_percent,
            role_assignment.c.ends_because,
        )
        .select_from(role_assignment)
        .outerjoin(facility, facility.c.id == role_assignment.c.facility_id)
        .outerjoin(admin_unit, admin_unit.c.id == role_assignment.c.admin_unit_id)
        .outerjoin(authority, authority.c.id == role_assignment.c.authority_id)
    )
