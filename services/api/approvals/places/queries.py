"""The units and facilities in which somebody may ask for something."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import any_, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Scope


@dataclass(frozen=True, slots=True)
class Choice:
    """A place in a form: `facility:CODE` or `unit:CODE`."""

    value: str
    name: str


async def choices(connection: AsyncConnection, scope: Scope) -> Sequence[Choice]:
    """Units of today first, then facilities in service, by name."""
    if scope.is_nowhere:
        return []
    ids = any_(literal(list(scope.admin_unit_ids), ARRAY(BIGINT)))
    units = await connection.execute(
        select(admin_unit.c.code, admin_unit.c.name)
        .where(
            admin_unit.c.valid_to.is_(None),
            true() if scope.is_everywhere else admin_unit.c.id == ids,
        )
        .order_by(admin_unit.c.level.desc(), admin_unit.c.name)
    )
    facilities = await connection.execute(
        select(facility.c.code, facility.c.name)
        .where(within(scope), facility.c.retired_at.is_(None))
        .order_by(facility.c.name, facility.c.code)
    )
    return [
        *(Choice(f"unit:{row.code}", row.name) for row in units),
        *(Choice(f"facility:{row.code}", row.name) for row in facilities),
    ]
