"""Messages about ourselves that the first mail server has not taken: claim them, write it down."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.channel import Claimed
from services.alerts.outbox.links import Links
from shared.domain.delivery import Channel, MessageKind, Outcome
from shared.domain.states import OUR_OWN


@dataclass(frozen=True, slots=True)
class Overdue:
    """A message to one of our administrators that is ours to send now."""

    id: int
    attempt_id: int
    incident_id: int
    kind: str
    address: str
    language: str
    subject: str
    body: str
    message_id: str
    attempts: int
    created_at: datetime

    def filled(self, links: Links) -> Claimed:
        """As it is sent. The first server may have taken it after all, without a word."""
        body = links.fill(
            self.body,
            notification_id=self.id,
            incident_id=self.incident_id,
            written_at=self.created_at,
        )
        return Claimed(
            id=self.id, attempt_id=self.attempt_id, incident_id=self.incident_id, user_id=None,
            kind=MessageKind(self.kind), channel=Channel.EMAIL, address=self.address,
            language=self.language, subject=self.subject, body=body, short="",
            message_id=self.message_id, attempts=self.attempts, created_at=self.created_at,
            is_repeat=False,
        )  # fmt: skip


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
          AND (n.provider IS DISTINCT FROM 'alarm' OR n.due_at <= CAST(:now AS timestamptz))
        ORDER BY n.id LIMIT 1
        FOR UPDATE OF n SKIP LOCKED
    ), claimed AS (
        UPDATE notification n
        SET attempts = n.attempts + 1, provider = 'alarm',
            due_at = CAST(:due_again_at AS timestamptz)
        FROM next WHERE n.id = next.id
        RETURNING n.*
    ), attempt AS (
        INSERT INTO delivery_attempt (notification_id, started_at, provider)
        SELECT id, CAST(:now AS timestamptz), 'alarm' FROM claimed
        RETURNING id, notification_id
    )
    SELECT claimed.id, attempt.id, incident_id, kind, address, language, subject, body, message_id,
           attempts, created_at
    FROM claimed JOIN attempt ON attempt.notification_id = claimed.id
    """
)


async def claim(
    connection: AsyncConnection, *, now: datetime, after: timedelta, claim_for: timedelta
) -> Overdue | None:
    """The next message about ourselves that has waited for too long."""
    values = {
        "causes": sorted(OUR_OWN),
        "waiting_since": now - after,
        "now": now,
        "due_again_at": now + claim_for,
    }
    row = (await connection.execute(_CLAIM, values)).one_or_none()
    return None if row is None else Overdue(*row)


async def sent(connection: AsyncConnection, overdue: Overdue, answer: str, now: datetime) -> None:
    await _end(connection, overdue, Outcome.ACCEPTED, answer, now)
    await connection.execute(
        text(
            "UPDATE notification SET state = 'sent', sent_at = CAST(:now AS timestamptz), "
            "provider = 'alarm' WHERE id = :id AND state IN ('pending', 'dead')"
        ),
        {"id": overdue.id, "now": now},
    )


async def failed(connection: AsyncConnection, overdue: Overdue, fault: str, now: datetime) -> None:
    await _end(connection, overdue, Outcome.RETRY, fault, now)


async def _end(
    connection: AsyncConnection, overdue: Overdue, outcome: Outcome, detail: str, now: datetime
) -> None:
    await connection.execute(
        text(
            "UPDATE delivery_attempt SET ended_at = CAST(:now AS timestamptz), outcome = :outcome, "
            "detail = :detail WHERE id = :id"
        ),
        {"id": overdue.attempt_id, "outcome": outcome, "detail": detail[:500], "now": now},
    )
