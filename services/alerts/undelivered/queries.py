"""Statements about messages that reached nobody."""

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.access import Role
from shared.domain.delivery import MessageKind

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


# The last step that was taken, with whatever was sent instead. Nobody got it if nothing of it was
# handed over, for too long or for good. What was taken back was meant for nobody any more.
_STEPS = text(
    """
    SELECT maybe.incident_id, array_agg(DISTINCT n.role)
    FROM (
        SELECT incident_id FROM notification
        WHERE state = 'pending' AND created_at <= CAST(:waiting_since AS timestamptz)
          AND kind = ANY(CAST(:kinds AS text[]))
        UNION
        SELECT incident_id FROM notification
        WHERE state = 'dead' AND dead_at > CAST(:dead_since AS timestamptz)
          AND kind = ANY(CAST(:kinds AS text[]))
    ) AS maybe
    JOIN incident i ON i.id = maybe.incident_id AND i.state = 'open' AND i.acknowledged_at IS NULL
    CROSS JOIN LATERAL (
        SELECT l.kind, l.occasion FROM notification l
        WHERE l.incident_id = maybe.incident_id AND l.kind = ANY(CAST(:kinds AS text[]))
          AND l.instead_of IS NULL
        ORDER BY l.id DESC LIMIT 1
    ) AS last
    JOIN notification n ON n.incident_id = maybe.incident_id AND n.kind = last.kind
        AND n.occasion = last.occasion AND n.state <> 'cancelled'
    GROUP BY maybe.incident_id
    HAVING bool_and(n.state IN ('pending', 'dead') OR coalesce(n.receipt = 'never', false))
       AND (min(n.created_at) <= CAST(:waiting_since AS timestamptz)
            OR bool_and(n.state <> 'pending'))
    """
)
#: With what a step is told.
_STEP_KINDS: Final = (MessageKind.ALERT, MessageKind.ESCALATION, MessageKind.EXEMPTION_ENDED)


async def steps_undelivered(
    connection: AsyncConnection, *, dead_since: datetime, waiting_since: datetime
) -> dict[int, tuple[Role, ...]]:
    """By open incident that nobody took up: whom its last step told, if none of them got it."""
    found = await connection.execute(
        _STEPS,
        {
            "dead_since": dead_since,
            "waiting_since": waiting_since,
            "kinds": list(_STEP_KINDS),
        },
    )
    return {row[0]: tuple(Role(role) for role in row[1]) for row in found}
