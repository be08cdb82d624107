"""Facilities and officers of units, as of a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, any_, exists, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from shared.db.tables.people import role_assignment, user_account
from shared.db.tables.registry import admin_unit, facility
from shared.db.tables.units import authority
from shared.domain.access import Role, Scope

_IDS: Final = ARRAY(BIGINT)


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
