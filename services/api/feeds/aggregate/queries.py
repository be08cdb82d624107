"""What is counted in each unit of an area."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from shared.db.tables.alerting import gap, incident
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Scope
from shared.domain.intervals import Span
from shared.domain.states import GapState, IncidentState


@dataclass(frozen=True, slots=True)
class UnitCount:
    """How many facilities are in service in a unit, and how many children live there."""

    unit_id: int
    unit: str
    parent: str
    facilities: int
    children: int


async def units(connection: AsyncConnection, scope: Scope, *, at: datetime) -> Sequence[UnitCount]:
    """Those on record at that moment, by code of the unit."""
    above = admin_unit.alias("above")
    rows = await connection.execute(
        select(
            admin_unit.c.id,
            admin_unit.c.code,
            func.coalesce(above.c.code, ""),
            func.count(),
            func.sum(facility.c.children),
        )
        .join_from(facility, admin_unit)
        .outerjoin(above, above.c.id == admin_unit.c.parent_id)
        .where(within(scope), facility.c.registered_at <= at)
        .where(or_(facility.c.retired_at.is_(None), facility.c.retired_at > at))
        .group_by(admin_unit.c.id, admin_unit.c.code, above.c.code)
        .order_by(admin_unit.c.code)
    )
    return [UnitCount(*row) for row in rows]


async def gaps(
    connection: AsyncConnection, scope: Scope, window: Span[datetime]
) -> Mapping[int, tuple[int, int]]:
    """By unit: those that began in the window, and the seconds that they lasted within it."""
    end = func.least(func.coalesce(gap.c.to_at, literal(window[1])), literal(window[1]))
    seconds = func.sum(func.extract("epoch", end - gap.c.from_at))
    rows = await connection.execute(
        select(facility.c.admin_unit_id, func.count(), seconds)
        .join_from(gap, facility, facility.c.id == gap.c.facility_id)
        .where(within(scope), gap.c.state != GapState.REPAIRED, *_began(gap.c.from_at, window))
        .group_by(facility.c.admin_unit_id)
    )
    return {unit: (count, round(total)) for unit, count, total in rows}


async def incidents(
    connection: AsyncConnection, scope: Scope, window: Span[datetime]
) -> Mapping[int, tuple[int, int]]:
    """By unit: those opened in the window, and how many of them are not resolved."""
    unresolved = func.count().filter(incident.c.state == IncidentState.OPEN)
    rows = await connection.execute(
        select(facility.c.admin_unit_id, func.count(), unresolved)
        .join_from(incident, facility, facility.c.id == incident.c.facility_id)
        .where(within(scope), *_began(incident.c.opened_at, window))
        .group_by(facility.c.admin_unit_id)
    )
    return {unit: (count, still) for unit, count, still in rows}


def _began(column: Any, window: Span[datetime]) -> tuple[Any, Any]:
    return column >= window[0], column < window[1]
