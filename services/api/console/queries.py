"""The one statement behind every live page."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.console.pulse import Pulse
from shared.db.tables.alerting import alert_lease, event, incident
from shared.db.tables.coverage import ingest_worker
from shared.db.tables.people import acknowledgement
from shared.db.tables.registry import registry_version


async def pulse(connection: AsyncConnection) -> Pulse:
    """Up to when evidence is judged, and the newest of everything that pages show."""
    row = (
        await connection.execute(
            select(
                select(func.min(ingest_worker.c.seen_until)).scalar_subquery(),
                select(func.min(alert_lease.c.judged_until)).scalar_subquery(),
                select(func.max(event.c.id)).scalar_subquery(),
                select(func.max(incident.c.id)).scalar_subquery(),
                select(func.max(acknowledgement.c.id)).scalar_subquery(),
                select(func.max(registry_version.c.version)).scalar_subquery(),
            )
        )
    ).one()
    known = None if row[0] is None or row[1] is None else min(row[0], row[1])
    return Pulse(known, "-".join(str(number or 0) for number in row[2:]))
