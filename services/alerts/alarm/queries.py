"""Messages about ourselves that the first mail server has not taken: whose turn is next."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.channel import Claimed
from shared.domain.delivery import Channel, MessageKind
from shared.domain.states import OUR_OWN

#: Through whom these go.
PROVIDER: Final = "alarm"

# Claimed as deliverers claim, by a due date moved ahead, so that they leave it alone meanwhile; and
# marked as the alarm path's, so that a second service does not take it too.
_CLAIM = text(
    """
    WITH next AS (
        SELECT n.id FROM notification n JOIN incident i ON i.id = n.incident_id
        WHERE n.state IN ('pending', 'dead') AND n.channel = 'email'
          AND i.cause = ANY(CAST(:causes AS text[]))
          AND n.created_at <= CAST(:waiting_since AS timestamptz)
          AND n.created_at > CAST(:now AS timestamptz) - interval '2 days'
          AND NOT EXISTS (SELECT FROM notification other
                          WHERE other.incident_id = n.incident_id AND other.instead_of = n.id)
          AND (n.provider IS DISTINCT FROM :provider OR n.due_at <= CAST(:now AS timestamptz))
        ORDER BY n.id LIMIT 1
        FOR UPDATE OF n SKIP LOCKED
    ), claimed AS (
        UPDATE notification n
        SET attempts = n.attempts + 1, provider = :provider,
            due_at = CAST(:due_again_at AS timestamptz)
        FROM next WHERE n.id = next.id
        RETURNING n.*
    ), attempt AS (
        INSERT INTO delivery_attempt (notification_id, started_at, provider)
        SELECT id, CAST(:now AS timestamptz), :provider FROM claimed
        RETURNING id, notification_id
    )
    SELECT claimed.id, attempt.id, incident_id, user_id, kind, channel, address, language, subject,
           body, short, message_id, attempts, created_at, false
    FROM claimed JOIN attempt ON attempt.notification_id = claimed.id
    """
)


async def claim(
    connection: AsyncConnection, *, now: datetime, after: timedelta, claim_for: timedelta
) -> Claimed | None:
    """The next message about ourselves that has waited for too long.

    Not marked as a repeat: whether the first server took it after all, without a word, is not ours
    to say.
    """
    values = {
        "causes": sorted(OUR_OWN),
        "provider": PROVIDER,
        "waiting_since": now - after,
        "now": now,
        "due_again_at": now + claim_for,
    }
    row = (await connection.execute(_CLAIM, values)).one_or_none()
    if row is None:
        return None
    return replace(Claimed(*row), kind=MessageKind(row.kind), channel=Channel(row.channel))
