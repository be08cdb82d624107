"""Every statement about the outbox: claim what is due, write down what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.delivery import GivenUp, Outcome
from shared.domain.incidents import EventKind


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send now; `is_repeat` if an earlier attempt may have succeeded."""

    id: int
    attempt_id: int
    incident_id: int | None
    address: str
    language: str
    subject: str
    body: str
    message_id: str
    attempts: int
    created_at: datetime
    is_repeat: bool


# A claim is a due date moved ahead: whoever claims and dies leaves the message due again. What is
# told to one address about one incident is told in order.
_CLAIM = text(
    """
    WITH next AS (
        SELECT id FROM notification n
        WHERE state = 'pending' AND due_at <= CAST(:now AS timestamptz)
          AND NOT EXISTS (
              SELECT FROM notification earlier
              WHERE earlier.incident_id = n.incident_id AND earlier.address = n.address
                AND earlier.id < n.id AND earlier.state = 'pending')
        ORDER BY due_at, id LIMIT 1
        FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE notification n
        SET attempts = n.attempts + 1, due_at = CAST(:due_again_at AS timestamptz)
        FROM next WHERE n.id = next.id
        RETURNING n.*
    ), attempt AS (
        INSERT INTO delivery_attempt (notification_id, started_at)
        SELECT id, CAST(:now AS timestamptz) FROM claimed
        RETURNING id, notification_id
    )
    SELECT claimed.id, attempt.id, incident_id, address, language, subject, body, message_id,
           attempts, created_at,
           EXISTS (SELECT FROM delivery_attempt past
                   WHERE past.notification_id = claimed.id AND past.outcome IS NULL)
    FROM claimed JOIN attempt ON attempt.notification_id = claimed.id
    """
)


async def claim(
    connection: AsyncConnection, *, now: datetime, repeat_after: timedelta
) -> Claimed | None:
    """The next message due, with its attempt on record before anything is sent."""
    found = await connection.execute(_CLAIM, {"now": now, "due_again_at": now + repeat_after})
    row = found.one_or_none()
    return None if row is None else Claimed(*row)


async def end_attempt(
    connection: AsyncConnection,
    claimed: Claimed,
    outcome: Outcome | None,
    *,
    detail: str,
    now: datetime,
) -> None:
    """How the attempt ended; no outcome if the server may have accepted the message."""
    await connection.execute(
        text(
            """
            UPDATE delivery_attempt SET ended_at = CAST(:now AS timestamptz), outcome = :outcome,
                                        detail = :detail
            WHERE id = :id
            """
        ),
        {"id": claimed.attempt_id, "outcome": outcome, "detail": detail[:500], "now": now},
    )


async def mark_sent(connection: AsyncConnection, claimed: Claimed, *, now: datetime) -> None:
    await connection.execute(
        text(
            "UPDATE notification SET state = 'sent', sent_at = CAST(:now AS timestamptz) "
            "WHERE id = :id AND state <> 'sent'"
        ),
        {"id": claimed.id, "now": now},
    )


async def postpone(connection: AsyncConnection, claimed: Claimed, *, due_at: datetime) -> None:
    """Unless someone else has claimed it meanwhile."""
    await connection.execute(
        text(
            "UPDATE notification SET due_at = CAST(:due_at AS timestamptz) "
            "WHERE id = :id AND state = 'pending' AND attempts = :attempts"
        ),
        {"id": claimed.id, "due_at": due_at, "attempts": claimed.attempts},
    )


async def bury(
    connection: AsyncConnection, claimed: Claimed, reason: GivenUp, *, now: datetime
) -> None:
    """It will never be sent; the history of its incident says so."""
    await connection.execute(
        text(
            """
            WITH dead AS (
                UPDATE notification SET state = 'dead'
                WHERE id = :id AND state = 'pending'
                RETURNING id, incident_id, kind, role, attempts
            )
            INSERT INTO event (happened_at, kind, facility_id, incident_id, detail)
            SELECT CAST(:now AS timestamptz), :event, incident.facility_id, incident.id,
                   jsonb_build_object('notification_id', dead.id, 'kind', dead.kind,
                                      'role', dead.role, 'attempts', dead.attempts,
                                      'reason', CAST(:reason AS text))
            FROM dead JOIN incident ON incident.id = dead.incident_id
            """
        ),
        {
            "id": claimed.id,
            "event": EventKind.DELIVERY_FAILED,
            "reason": reason,
            "now": now,
        },
    )


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in the outbox, and what lasts."""

    pending: int
    oldest_at: datetime | None
    open_gaps: int
    open_incidents: int


async def backlog(connection: AsyncConnection) -> Backlog:
    row = (
        await connection.execute(
            text(
                """
                SELECT (SELECT count(*) FROM notification WHERE state = 'pending'),
                       (SELECT min(created_at) FROM notification WHERE state = 'pending'),
                       (SELECT count(*) FROM gap WHERE state = 'open'),
                       (SELECT count(*) FROM incident WHERE state = 'open')
                """
            )
        )
    ).one()
    return Backlog(*row)
