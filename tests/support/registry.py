"""Facilities, zones and devices put on record for a test, as the api would."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Ids:
    """The keys of what was registered."""

    facility: int
    zone: int
    devices: tuple[int, ...]


async def register(
    engine: AsyncEngine,
    *codes: str,
    facility: str = "HOA-SEN",
    registered_at: datetime = LONG_AGO,
    interval_s: float = 30,
) -> Ids:
    """One facility with one zone (one device at least, 60 s tolerated) and these devices in it.

    A code that begins with GW is a gateway's; all others are cameras that may record.
    """
    async with unit_of_work(engine) as connection:

        async def scalar(statement: str, **values: object) -> int:
            return int((await connection.execute(text(statement), values)).scalar_one())

        unit = await scalar(
            "INSERT INTO admin_unit (code, name, level, kind, valid_from) "
            "VALUES (:code, 'phường Kon Tum', 'commune', 'ward', '2025-07-01') RETURNING id",
            code=f"unit-of-{facility}",
        )
        facility_id = await scalar(
            "INSERT INTO facility (code, name, ownership, admin_unit_id, time_zone, children, "
            "registered_at) VALUES (:code, 'Mái ấm Hoa Sen', 'non_public', :unit, "
            "'Asia/Ho_Chi_Minh', 12, :at) RETURNING id",
            code=facility,
            unit=unit,
            at=registered_at,
        )
        zone_id = await scalar(
            "INSERT INTO zone (facility_id, code, name, kind, registered_at) "
            "VALUES (:facility, 'PLAY', 'Phòng sinh hoạt', 'play_room', :at) RETURNING id",
            facility=facility_id,
            at=registered_at,
        )
        await connection.execute(
            text(
                "INSERT INTO requirement (zone_id, min_devices, max_gap_s, valid_from) "
                "VALUES (:zone, 1, 60, :at)"
            ),
            {"zone": zone_id, "at": registered_at},
        )
        devices = [
            await scalar(
                "INSERT INTO device (facility_id, code, name, kind, zone_id, interval_s, "
                "registered_at, approved_at) VALUES (:facility, :code, :code, :kind, :zone, "
                ":interval, :at, CASE WHEN :kind = 'camera' THEN CAST(:at AS timestamptz) END) "
                "RETURNING id",
                facility=facility_id,
                code=code,
                kind="gateway" if code.startswith("GW") else "camera",
                zone=None if code.startswith("GW") else zone_id,
                interval=interval_s,
                at=registered_at,
            )
            for code in codes
        ]
    return Ids(facility_id, zone_id, tuple(devices))
