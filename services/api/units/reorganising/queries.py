"""Facilities and roles that rest on what is no more, and the choices made for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import any_, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from shared.db.tables.people import role_assignment
from shared.db.tables.registry import admin_unit, facility
from shared.db.tables.units import admin_unit_succession, authority, facility_assignment
from shared.domain.access import Scope
from shared.domain.competence import Ending, Resting
from shared.domain.jurisdiction import Choice


@dataclass(frozen=True, slots=True)
class Homeless:
    """A facility that lies in a unit which is no more."""

    facility_id: int
    code: str
    unit_id: int


async def homeless(
    connection: AsyncConnection, *, today: date, after: int, limit: int
) -> Sequence[Homeless]:
    """Locked, so that nobody moves them beside us; whoever is being changed has the next turn."""
    rows = await connection.execute(
        select(facility.c.id, facility.c.code, facility.c.admin_unit_id)
        .join_from(facility, admin_unit)
        .where(
            admin_unit.c.valid_to <= today,
            facility.c.retired_at.is_(None),
            facility.c.id > after,
        )
        .order_by(facility.c.id)
        .limit(limit)
        .with_for_update(of=facility, key_share=True, skip_locked=True)
    )
    return [Homeless(*row) for row in rows]


async def choices(connection: AsyncConnection, facility_ids: Sequence[int]) -> Sequence[Choice]:
    rows = await connection.execute(
        select(
            facility_assignment.c.facility_id,
            facility_assignment.c.to_unit_id,
            facility_assignment.c.effective_on,
        ).where(facility_assignment.c.facility_id == any_(literal(facility_ids, ARRAY(BIGINT))))
    )
    return [Choice(*row) for row in rows]


async def legal_bases(connection: AsyncConnection) -> Mapping[tuple[int, int | None], str]:
    """Of each succession, by the two units."""
    rows = await connection.execute(
        select(
            admin_unit_succession.c.from_id,
            admin_unit_succession.c.to_id,
            admin_unit_succession.c.legal_basis,
        )
    )
    return {(row[0], row[1]): row[2] for row in rows}


async def choose(
    connection: AsyncConnection, choice: Choice, *, legal_basis: str, by: str, now: datetime
) -> None:
    """As long as the facility has not moved the choice may change."""
    values = {
        "to_unit_id": choice.to_id, "legal_basis": legal_basis, "by": by, "assigned_at": now,
    }  # fmt: skip
    await connection.execute(
        insert(facility_assignment)
        .values(facility_id=choice.facility_id, effective_on=choice.effective_on, **values)
        .on_conflict_do_update(constraint="uq_facility_assignment_facility_id", set_=values)
    )


@dataclass(frozen=True, slots=True)
class Roles:
    """Roles still held whose unit or authority has ended, and when these ended."""

    held: Sequence[Resting]
    unit_ends: Mapping[int, date | None]
    authority_ends: Mapping[int, date | None]


async def resting_on_the_past(connection: AsyncConnection, *, today: date, now: datetime) -> Roles:
    rows = (
        await connection.execute(
            select(
                role_assignment.c.id,
                role_assignment.c.admin_unit_id,
                role_assignment.c.authority_id,
                admin_unit.c.valid_to,
                authority.c.valid_to,
            )
            .select_from(role_assignment)
            .outerjoin(admin_unit, admin_unit.c.id == role_assignment.c.admin_unit_id)
            .outerjoin(authority, authority.c.id == role_assignment.c.authority_id)
            .where(
                or_(role_assignment.c.valid_to.is_(None), role_assignment.c.valid_to > now),
                or_(admin_unit.c.valid_to <= today, authority.c.valid_to <= today),
            )
            .order_by(role_assignment.c.id)
        )
    ).all()
    return Roles(
        [Resting(row[0], row[1], row[2]) for row in rows],
        {row[1]: row[3] for row in rows if row[1] is not None},
        {row[2]: row[4] for row in rows if row[2] is not None},
    )


async def end_roles(
    connection: AsyncConnection, endings: Mapping[int, Ending], *, now: datetime
) -> None:
    for role_id, why in endings.items():
        await connection.execute(
            update(role_assignment)
            .where(role_assignment.c.id == role_id)
            .values(
                valid_to=func.greatest(role_assignment.c.valid_from, now), ends_because=why.value
            )
        )


@dataclass(frozen=True, slots=True)
class Reorganisation:
    """A day on which units ended: how many, what followed, and which facilities it concerns."""

    effective_on: date
    ended: int
    begun: int
    moved: int
    #: Facilities that still lie in units which end on that day.
    waiting: int


# Facilities are counted as far as the caller sees them: row-level security stands behind it.
_REORGANISATIONS = text(
    """
    SELECT s.effective_on, count(DISTINCT s.from_id), count(DISTINCT s.to_id),
           (SELECT count(*) FROM jurisdiction_reassigned r
            JOIN facility f ON f.id = r.facility_id
            JOIN admin_unit old ON old.id = r.from_unit_id
            WHERE old.valid_to = s.effective_on
              AND (:everywhere OR f.admin_unit_id = ANY(CAST(:units AS bigint[]))
                   OR f.id = ANY(CAST(:facilities AS bigint[])))),
           (SELECT count(*) FROM facility f JOIN admin_unit u ON u.id = f.admin_unit_id
            WHERE u.valid_to = s.effective_on AND f.retired_at IS NULL
              AND (:everywhere OR f.admin_unit_id = ANY(CAST(:units AS bigint[]))
                   OR f.id = ANY(CAST(:facilities AS bigint[]))))
    FROM admin_unit_succession s
    WHERE CAST(:on AS date) IS NULL OR s.effective_on = CAST(:on AS date)
    GROUP BY s.effective_on
    ORDER BY s.effective_on DESC
    """
)


async def reorganisations(
    connection: AsyncConnection, scope: Scope, *, on: date | None = None
) -> Sequence[Reorganisation]:
    """The newest first; facilities are counted within a scope."""
    found = await connection.execute(
        _REORGANISATIONS,
        {
            "everywhere": scope.is_everywhere,
            "units": list(scope.admin_unit_ids),
            "facilities": list(scope.facility_ids),
            "on": on,
        },
    )
    return [Reorganisation(*row) for row in found]


@dataclass(frozen=True, slots=True)
class Stranded:
    """A facility in service whose unit is no more, as a page or an officer reads it."""

    code: str
    name: str
    unit_id: int
    unit: str
    unit_name: str
    since: date


async def stranded(
    connection: AsyncConnection, scope: Scope, *, today: date, after: str = "", limit: int = 200
) -> Sequence[Stranded]:
    """They have to be given a unit by somebody."""
    rows = await connection.execute(
        select(
            facility.c.code, facility.c.name, admin_unit.c.id, admin_unit.c.code,
            admin_unit.c.name, admin_unit.c.valid_to,
        )
        .join_from(facility, admin_unit)
        .where(
            within(scope), facility.c.retired_at.is_(None), admin_unit.c.valid_to <= today,
            facility.c.code > after,
        )
        .order_by(facility.c.code)
        .limit(limit)
    )  # fmt: skip
    return [Stranded(*row) for row in rows]
