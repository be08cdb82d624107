"""Authorities and competences as of a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Select, Text, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.units.queries import holds
from services.api.units.schemas import AuthorityOut, CompetenceOut
from shared.db.tables.registry import admin_unit
from shared.db.tables.units import authority, competence
from shared.domain.competence import Authority, AuthorityKind, Competence, SubjectMatter

_next = authority.alias("next")


async def listed(
    connection: AsyncConnection,
    *,
    on: date,
    unit: str | None,
    kind: AuthorityKind | None,
    after: str,
    limit: int,
) -> Sequence[AuthorityOut]:
    """By code."""
    statement = _shown().where(holds(authority, on), authority.c.code > after)
    if unit is not None:
        statement = statement.where(admin_unit.c.code == unit)
    if kind is not None:
        statement = statement.where(authority.c.kind == kind)
    rows = await connection.execute(statement.order_by(authority.c.code).limit(limit))
    return [AuthorityOut.model_validate(dict(row)) for row in rows.mappings()]


async def one(connection: AsyncConnection, code: str) -> AuthorityOut | None:
    """Codes of authorities are never given twice, so it is found whenever it was."""
    rows = await connection.execute(_shown().where(authority.c.code == code))
    row = rows.mappings().one_or_none()
    return AuthorityOut.model_validate(dict(row)) if row else None


def _shown() -> Select[Any]:
    column = authority.c
    return select(
        column.code, column.name, column.kind, admin_unit.c.code.label("unit"),
        column.valid_from, column.valid_to, _next.c.code.label("successor"), column.legal_basis,
        column.source,
    ).select_from(
        authority.outerjoin(admin_unit, admin_unit.c.id == column.admin_unit_id).outerjoin(
            _next, _next.c.id == column.successor_id
        )
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Which:
    """Which competences of a day; every filter that is set must fit."""

    on: date
    subject: SubjectMatter | None = None
    unit: str | None = None
    authority: str | None = None
    #: Only those to be asked about, or that end, before this day.
    review_before: date | None = None


#: As many as the largest number has.
_DIGITS: Final = 19


def place_of(number: int) -> str:
    """Where a competence stands in its list, as a text that sorts like the number."""
    return str(number).zfill(_DIGITS)


async def competences(
    connection: AsyncConnection, which: Which, *, after: str, limit: int
) -> Sequence[CompetenceOut]:
    """In the order in which they came on record."""
    statement = _competences().where(
        holds(competence, which.on),
        holds(authority, which.on),
        func.lpad(cast(competence.c.id, Text), _DIGITS, "0") > after,
    )
    if which.subject is not None:
        statement = statement.where(competence.c.subject_matter == which.subject)
    if which.unit is not None:
        statement = statement.where(admin_unit.c.code == which.unit)
    if which.authority is not None:
        statement = statement.where(authority.c.code == which.authority)
    if which.review_before is not None:
        before = which.review_before
        statement = statement.where(
            or_(competence.c.review_on < before, competence.c.valid_to < before)
        )
    rows = await connection.execute(statement.order_by(competence.c.id).limit(limit))
    return [CompetenceOut.model_validate(dict(row)) for row in rows.mappings()]


async def competences_of(connection: AsyncConnection, code: str) -> Sequence[CompetenceOut]:
    """Of an authority, at whatever time."""
    rows = await connection.execute(
        _competences().where(authority.c.code == code).order_by(competence.c.valid_from)
    )
    return [CompetenceOut.model_validate(dict(row)) for row in rows.mappings()]


def _competences() -> Select[Any]:
    column = competence.c
    return select(
        column.id, authority.c.code.label("authority"), authority.c.name.label("authority_name"),
        admin_unit.c.code.label("unit"), column.subject_matter, column.scope, column.legal_basis,
        column.valid_from, column.valid_to, column.review_on, column.source,
    ).select_from(
        competence.join(authority).outerjoin(
            admin_unit, admin_unit.c.id == authority.c.admin_unit_id
        )
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Powers:
    """Authorities of a place and of the state, by number, and what they are competent for."""

    authorities: Mapping[int, Authority]
    names: Mapping[int, str]
    competences: Sequence[Competence]


async def powers(connection: AsyncConnection, unit_ids: Sequence[int]) -> Powers:
    """`unit_ids`: a unit and all above it."""
    rows = await connection.execute(
        select(
            authority.c.id, authority.c.kind, authority.c.admin_unit_id, authority.c.valid_from,
            authority.c.valid_to, authority.c.name,
        ).where(
            or_(authority.c.admin_unit_id.in_(unit_ids), authority.c.admin_unit_id.is_(None))
        )
    )  # fmt: skip
    found = {row.id: (Authority(row[0], AuthorityKind(row[1]), *row[2:5]), row[5]) for row in rows}
    column = competence.c
    held = await connection.execute(
        select(
            column.authority_id, column.subject_matter, column.valid_from, column.valid_to,
            column.review_on,
        ).where(column.authority_id.in_(list(found)))
    )  # fmt: skip
    return Powers(
        {number: one for number, (one, _) in found.items()},
        {number: name for number, (_, name) in found.items()},
        [Competence(row[0], SubjectMatter(row[1]), *row[2:]) for row in held],
    )
