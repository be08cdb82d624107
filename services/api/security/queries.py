"""Signs that somebody pretends, as ingest counted them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.security.schemas import SecurityEventOut
from shared.db.tables.coverage import security_event
from shared.db.tables.registry import device


async def of_facility(
    connection: AsyncConnection,
    facility_id: int,
    *,
    device_code: str | None = None,
    before: tuple[datetime, int] | None = None,
    limit: int,
) -> Sequence[SecurityEventOut]:
    """Newest first; also of devices that were retired."""
    statement = (
        select(
            security_event.c.id,
            device.c.code.label("device"),
            security_event.c.kind,
            security_event.c.day,
            security_event.c.count,
            security_event.c.first_at,
            security_event.c.last_at,
        )
        .join_from(security_event, device, device.c.id == security_event.c.device_id)
        .where(device.c.facility_id == facility_id)
    )
    if device_code is not None:
        statement = statement.where(device.c.code == device_code)
    if before is not None:
        statement = statement.where(tuple_(security_event.c.last_at, security_event.c.id) < before)
    newest = (security_event.c.last_at.desc(), security_event.c.id.desc())
    rows = await connection.execute(statement.order_by(*newest).limit(limit))
    return [SecurityEventOut.model_validate(dict(row)) for row in rows.mappings()]
