"""The access log: appended to, read by those whom it concerns, and never changed."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    any_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access_log.asked import Asked
from shared.db.names import name_of
from shared.db.tables.access_log import access_log
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Scope
from shared.domain.deeds import Deed
from shared.domain.ledger import Line


@dataclass(frozen=True, slots=True)
class Trail:
    """Who does something, from where, and why."""

    actor: str
    address: str
    purpose: str
    trace_id: str
    #: Codes of the roles held at that moment.
    role: str = ""


async def add(connection: AsyncConnection, trail: Trail, deed: Deed, *, now: datetime) -> None:
    """One line more, for good when the transaction commits. A trigger links it to the one before.

    From here to the commit others wait, so it is the last thing a transaction does.
    """
    await add_all(connection, trail, [deed], now=now)


async def add_all(
    connection: AsyncConnection, trail: Trail, deeds: Sequence[Deed], *, now: datetime
) -> None:
    """A line for each, in one statement: so whoever touches many facilities holds nobody up."""
    if deeds:
        lines = [_line(trail, deed, now) for deed in deeds]
        await connection.execute(insert(access_log).inline().values(lines))


def _line(trail: Trail, deed: Deed, now: datetime) -> dict[str, object]:
    return {
        "at": now,
        "actor": trail.actor,
        "role": trail.role,
        "verb": deed.verb,
        "subject": deed.subject,
        "key": deed.key,
        "facility_id": None if deed.facility is None else _facility_id(deed.facility),
        "admin_unit_id": None if deed.unit is None else _unit_id(deed.unit),
        "purpose": trail.purpose,
        "address": trail.address,
        "trace_id": trail.trace_id,
        "detail": json.dumps(deed.detail, sort_keys=True, ensure_ascii=False),
    }


async def is_known(
    connection: AsyncConnection, trail: Trail, deed: Deed, *, since: datetime
) -> bool:
    """Whether the same is on record of the same person lately: from there, to that purpose."""
    its = access_log.c
    same = exists().where(
        its.actor == trail.actor,
        its.at > since,
        its.verb == deed.verb,
        its.subject == deed.subject,
        its.key == deed.key,
        its.address == trail.address,
        its.purpose == trail.purpose,
    )
    return bool(await connection.scalar(select(same)))


def _facility_id(code: str) -> ScalarSelect[int]:
    return select(facility.c.id).where(facility.c.code == code).scalar_subquery()


def _unit_id(code: str) -> ScalarSelect[int]:
    """The newest of that code: codes are given again after a reform."""
    return (
        select(admin_unit.c.id)
        .where(admin_unit.c.code == code)
        .order_by(admin_unit.c.valid_from.desc())
        .limit(1)
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class Found:
    """A line, and the facility that it concerns, if that is the reader's to see."""

    line: Line
    facility: str | None
    facility_name: str | None
    #: Where the facility lies.
    place_id: int | None


async def page(
    connection: AsyncConnection,
    scope: Scope,
    asked: Asked,
    *,
    before: int | None,
    limit: int,
) -> Sequence[Found]:
    """Newest first, of what concerns a scope."""
    statement = _matching(_shown(scope).where(_concerns(scope)), asked)
    return await _listed(connection, statement, before=before, limit=limit)


async def between(
    connection: AsyncConnection, scope: Scope, first: datetime, end: datetime, *, limit: int
) -> Sequence[Found]:
    """Newest first, of what concerns a scope in a time."""
    statement = _shown(scope).where(
        _concerns(scope), access_log.c.at >= first, access_log.c.at < end
    )
    return await _listed(connection, statement, before=None, limit=limit)


async def own(
    connection: AsyncConnection, actor: str, scope: Scope, *, before: int | None, limit: int
) -> Sequence[Found]:
    """What somebody did, newest first; facilities are named within a scope."""
    statement = _shown(scope).where(access_log.c.actor == actor)
    return await _listed(connection, statement, before=before, limit=limit)


async def one(connection: AsyncConnection, n: int, scope: Scope) -> Found | None:
    statement = _shown(scope).where(_concerns(scope), access_log.c.n == n)
    found = await _listed(connection, statement, before=None, limit=1)
    return found[0] if found else None


async def _listed(
    connection: AsyncConnection, statement: Select[Any], *, before: int | None, limit: int
) -> Sequence[Found]:
    if before is not None:
        statement = statement.where(access_log.c.n < before)
    rows = await connection.execute(statement.order_by(access_log.c.n.desc()).limit(limit))
    return [Found(Line(*row[:-3]), *row[-3:]) for row in rows]


def _shown(scope: Scope) -> Select[Any]:
    known = and_(facility.c.id == access_log.c.facility_id, _within(scope))
    return select(
        *(access_log.c[one.name] for one in fields(Line)),
        facility.c.code,
        facility.c.name,
        facility.c.admin_unit_id.label("place_id"),
    ).select_from(access_log.outerjoin(facility, known))


def _concerns(scope: Scope) -> ColumnElement[bool]:
    """Whether a line is for the owners of the data in a scope."""
    if scope.is_everywhere:
        return true()
    return or_(
        access_log.c.facility_id.in_(select(facility.c.id).where(_within(scope))),
        access_log.c.admin_unit_id == any_(_ids(scope.admin_unit_ids)),
    )


def _within(scope: Scope) -> ColumnElement[bool]:
    if scope.is_everywhere:
        return true()
    return or_(
        facility.c.admin_unit_id == any_(_ids(scope.admin_unit_ids)),
        facility.c.id == any_(_ids(scope.facility_ids)),
    )


def _ids(ids: Collection[int]) -> ColumnElement[Sequence[int]]:
    return literal(list(ids), ARRAY(BIGINT))


def _matching(statement: Select[Any], asked: Asked) -> Select[Any]:
    its = access_log.c
    if asked.actor is not None:
        statement = statement.where(its.actor == asked.actor)
    if asked.facility is not None:
        statement = statement.where(facility.c.code == asked.facility)
    if asked.verb is not None:
        statement = statement.where(its.verb == asked.verb)
    if asked.subject is not None:
        statement = statement.where(its.subject == asked.subject)
    if asked.span is not None:
        statement = statement.where(its.at >= asked.span[0], its.at < asked.span[1])
    return statement


@dataclass(frozen=True, slots=True)
class Home:
    """A facility to choose."""

    code: str
    name: str


async def homes(connection: AsyncConnection, scope: Scope) -> Sequence[Home]:
    """The facilities in a scope, by name."""
    rows = await connection.execute(
        select(facility.c.code, facility.c.name)
        .where(_within(scope))
        .order_by(facility.c.name, facility.c.code)
    )
    return [Home(row.code, row.name) for row in rows]


async def names(connection: AsyncConnection, user_ids: Collection[int]) -> dict[int, str]:
    """For whoever may know by name who acts; the others get a number."""
    if not user_ids:
        return {}
    ids = func.unnest(_ids(user_ids)).column_valued("id")
    rows = await connection.execute(select(ids, name_of(ids).label("name")))
    return {row.id: row.name for row in rows if row.name is not None}
