"""The last line: the database itself lets no camera into a private zone, by whatever statement."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.registry import device, zone
from shared.domain.places import PRIVACY_ZONES, ZoneKind
from tests.support.people import SUNFLOWER, province_of

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


async def _zone(connection: AsyncConnection, facility_id: int, kind: str, code: str) -> int:
    return int(
        (
            await connection.execute(
                insert(zone)
                .values(facility_id=facility_id, code=code, name=code, kind=kind, registered_at=NOW)
                .returning(zone.c.id)
            )
        ).scalar_one()
    )


async def _device(connection: AsyncConnection, facility_id: int, zone_id: int, kind: str) -> int:
    return int(
        (
            await connection.execute(
                insert(device)
                .values(
                    facility_id=facility_id, code=f"{kind}-{zone_id}", name=kind, kind=kind,
                    zone_id=zone_id, interval_s=30, registered_at=NOW,
                )
                .returning(device.c.id)
            )
        ).scalar_one()
    )  # fmt: skip


@pytest.mark.parametrize("kind", sorted(PRIVACY_ZONES))
async def test_no_statement_brings_a_camera_into_a_private_zone(
    engine: AsyncEngine, kind: ZoneKind
) -> None:
    home = (await province_of(engine, NOW)).facility_ids[SUNFLOWER]
    async with unit_of_work(engine) as connection:
        private = await _zone(connection, home, kind, "private")
        yard = await _zone(connection, home, "yard", "yard")
        camera = await _device(connection, home, yard, "camera")
        await _device(connection, home, private, "door")
    attempts = (
        update(device).where(device.c.id == camera).values(zone_id=private),
        update(device).where(device.c.zone_id == private).values(kind="camera"),
        update(zone).where(zone.c.id == yard).values(kind=kind),
    )
    for attempt in attempts:
        with pytest.raises(IntegrityError):
            async with unit_of_work(engine) as connection:
                await connection.execute(attempt)
    with pytest.raises(IntegrityError):
        async with unit_of_work(engine) as connection:
            await _device(connection, home, private, "camera")
    async with unit_of_work(engine) as connection:
        await connection.execute(update(device).where(device.c.id == camera).values(retired_at=NOW))
        await connection.execute(update(zone).where(zone.c.id == yard).values(kind=kind))
