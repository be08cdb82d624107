"""Statements about messages that reached nobody."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# What a gateway took once has waited only since it should have reported.
# What our own incident about this is told with does not count, or it would never end.
_UNDELIVERED_SINCE = text(
    """
    SELECT least(
        (SELECT n.dead_at FROM notification n LEFT JOIN incident i ON i.id = n.incident_id
         WHERE n.state = 'dead' AND n.dead_at > CAST(:dead_since AS timestamptz)
           AND n.kind <> 'test' AND i.cause IS DISTINCT FROM 'delivery_failed'
           AND NOT EXISTS (SELECT FROM notification other WHERE other.instead_of = n.id)
         ORDER BY n.dead_at LIMIT 1),
        (SELECT n.created_at FROM notification n LEFT JOIN incident i ON i.id = n.incident_id
         WHERE n.state = 'pending' AND n.created_at <= CAST(:waiting_since AS timestamptz)
           AND (n.receipt_due_at IS NULL OR n.receipt_due_at <= CAST(:waiting_since AS timestamptz))
           AND n.kind <> 'test' AND i.cause IS DISTINCT FROM 'delivery_failed'
         ORDER BY n.created_at LIMIT 1))
    """
)


async def undelivered_since(
    connection: AsyncConnection, *, dead_since: datetime, waiting_since: datetime
) -> datetime | None:
    """The oldest message that died lately, or has waited for too long. Nothing: all arrives."""
    found: datetime | None = await connection.scalar(
        _UNDELIVERED_SINCE, {"dead_since": dead_since, "waiting_since": waiting_since}
    )
    return found
