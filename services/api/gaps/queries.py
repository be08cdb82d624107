"""Gaps on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.gaps.schemas import GapOut
from shared.db.tables.alerting import gap
from shared.db.tables.registry import facility, zone
from shared.domain.access import Scope
from shared.domain.states import GapState


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which gaps are asked for; what is absent does not narrow."""

    facility_id: int | None = None
    state: GapState | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


async def page(
    connection: AsyncConnection,
    scope: Scope,
    wanted: Wanted,
    *,
    before: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[GapOut]:
    """Newest first."""
    statement = _narrowed(_shown().where(within(scope)), wanted)
    if before is not None:
        statement = statement.where(tuple_(gap.c.from_at, gap.c.id) < before)
    rows = await connection.execute(
        statement.order_by(gap.c.from_at.desc(), gap.c.id.desc()).limit(limit)
    )
    return [_gap_out(row) for row in rows.mappings()]


async def of_incident(connection: AsyncConnection, incident_id: int) -> Sequence[GapOut]:
    """In the order in which they began."""
    rows = await connection.execute(
        _shown().where(gap.c.incident_id == incident_id).order_by(gap.c.from_at, gap.c.id)
    )
    return [_gap_out(row) for row in rows.mappings()]


def _shown() -> Select[Any]:
    return (
        select(
            gap.c.id,
            facility.c.code.label("facility"),
            zone.c.code.label("zone"),
            gap.c.state,
            gap.c.from_at,
            gap.c.to_at,
            gap.c.opened_at,
            gap.c.closed_at,
            gap.c.repaired_at,
            gap.c.incident_id.label("incident"),
        )
        .select_from(gap)
        .join(facility, facility.c.id == gap.c.facility_id)
        .join(zone, zone.c.id == gap.c.zone_id)
    )


def _narrowed(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.facility_id is not None:
        statement = statement.where(gap.c.facility_id == wanted.facility_id)
    if wanted.state is not None:
        statement = statement.where(gap.c.state == wanted.state)
    if wanted.from_at is not None:
        lasts_into = or_(gap.c.to_at.is_(None), gap.c.to_at > wanted.from_at)
        statement = statement.where(lasts_into)
    if wanted.to_at is not None:
        statement = statement.where(gap.c.from_at < wanted.to_at)
    return statement


def _gap_out(row: RowMapping) -> GapOut:
    return GapOut.model_validate(dict(row), by_name=True)
