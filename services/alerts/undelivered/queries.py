"""Statements about messages that reached nobody."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

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


# Whoever was told since the last step is one group: one of them who was reached is enough.
_UNHEARD = text(
    """
    SELECT n.incident_id FROM notification n
    WHERE n.incident_id = ANY(CAST(:incidents AS bigint[]))
      AND n.kind IN ('alert', 'escalation')
    GROUP BY n.incident_id
    HAVING max(n.created_at) FILTER (WHERE n.instead_of IS NULL)
               <= CAST(:waiting_since AS timestamptz)
       AND NOT bool_or(
           n.state IN ('sent', 'digested') AND coalesce(n.receipt, '') NOT IN ('failed', 'never'))
    """
)


async def unheard(
    connection: AsyncConnection, incident_ids: Collection[int], *, waiting_since: datetime
) -> set[int]:
    """Incidents of which somebody was to be told, and nobody has been reached for too long."""
    found = await connection.execute(
        _UNHEARD, {"incidents": list(incident_ids), "waiting_since": waiting_since}
    )
    return set(found.scalars())
