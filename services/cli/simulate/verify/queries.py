"""What the database has of the simulated devices, and how far it knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, Text, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.coverage import ingest_worker


@dataclass(frozen=True, slots=True)
class Piece:
    """One span of one kind: a column of `device_day`, or the name of a fault."""

    facility: str
    device: str
    kind: str
    start_us: int
    end_us: int


# extract() is numeric, so the microseconds are exact.
_PIECES = text(
    """
    WITH ours AS (
        SELECT device.id, facility.code AS facility, device.code AS device
        FROM device JOIN facility ON facility.id = device.facility_id
        WHERE facility.code = ANY(:facilities)
    ), piece AS (
        SELECT device_id, 'watched' AS kind, unnest(watched) AS span FROM device_day
        UNION ALL SELECT device_id, 'late', unnest(late) FROM device_day
        UNION ALL SELECT device_id, 'impaired', unnest(impaired) FROM device_day
        UNION ALL SELECT device_id, 'proven', unnest(proven) FROM device_day
        UNION ALL SELECT device_id, 'fault:' || fault, unnest(spans) FROM device_fault
    )
    SELECT facility, device, kind,
           (extract(epoch FROM lower(span)) * 1000000)::bigint,
           (extract(epoch FROM upper(span)) * 1000000)::bigint
    FROM ours JOIN piece ON piece.device_id = ours.id
    """
).bindparams(bindparam("facilities", type_=ARRAY(Text)))


async def pieces(connection: AsyncConnection, facilities: Sequence[str]) -> list[Piece]:
    """Everything on record of those facilities' devices."""
    rows = await connection.execute(_PIECES, {"facilities": list(facilities)})
    return [Piece(*row) for row in rows]


async def seen_until(connection: AsyncConnection) -> datetime | None:
    """How far every worker has seen; nothing if there is none."""
    watermark: datetime | None = await connection.scalar(
        select(func.min(ingest_worker.c.seen_until))
    )
    return watermark
