"""Where an incident is, by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.alerting import incident
from shared.db.tables.registry import admin_unit, facility, zone


@dataclass(frozen=True, slots=True)
class Place:
    """The name of a facility or an area, and of its zones by code."""

    name: str | None
    time_zone: str | None
    zones: Mapping[str, str]


async def place_of(connection: AsyncConnection, incident_id: int) -> Place:
    row = (
        await connection.execute(
            select(
                func.coalesce(facility.c.name, admin_unit.c.name),
                facility.c.time_zone,
                facility.c.id,
            )
            .select_from(incident)
            .outerjoin(facility, facility.c.id == incident.c.facility_id)
            .outerjoin(admin_unit, admin_unit.c.id == incident.c.admin_unit_id)
            .where(incident.c.id == incident_id)
        )
    ).one()
    zones = await connection.execute(
        select(zone.c.code, zone.c.name).where(zone.c.facility_id == row[2])
    )
    return Place(row[0], row[1], {row.code: row.name for row in zones})
