"""Statements about messages that are sent: claim what is due, write down what became of it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.channel import Accepted, Claimed
from shared.domain.delivery import RECEIPT_WITHIN, Channel, MessageKind, MessageState, Outcome

# A claim is a due date moved ahead: whoever claims and dies leaves the message due again. What is
# told to one address about one incident is told in order. One urgency at a time, so that a backlog
# is read along its index, however long it is.
_CLAIM = text(
    """
    WITH next AS (
        SELECT id FROM notification n
        WHERE state = 'pending' AND priority = CAST(:priority AS int)
          AND due_at <= CAST(:now AS timestamptz)
          AND channel = ANY(CAST(:channels AS text[]))
          AND NOT EXISTS (
              SELECT FROM notification earlier
              WHERE earlier.incident_id = n.incident_id AND earlier.address = n.address
                AND earlier.id < n.id AND earlier.state = 'pending')
        ORDER BY due_at LIMIT 1
        FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE notification n
        SET attempts = n.attempts + 1, due_at = CAST(:due_again_at AS timestamptz)
        FROM next WHERE n.id = next.id
        RETURNING n.*
    ), attempt AS (
        INSERT INTO delivery_attempt (notification_id, started_at, provider)
        SELECT id, CAST(:now AS timestamptz), channel FROM claimed
        RETURNING id, notification_id
    )
    SELECT claimed.id, attempt.id, incident_id, user_id, kind, channel, address, language, subject,
           body, short, message_id, attempts, created_at,
           EXISTS (SELECT FROM delivery_attempt past
                   WHERE past.notification_id = claimed.id AND past.outcome IS NULL)
    FROM claimed JOIN attempt ON attempt.notification_id = claimed.id
    """
)
#: The most urgent first.
_PRIORITIES: Final = (2, 1, 0)


async def claim(
    connection: AsyncConnection,
    channels: Collection[Channel],
    *,
    now: datetime,
    due_again_at: datetime,
) -> Claimed | None:
    """The next message due, with its attempt on record before anything is sent."""
    facts = {"now": now, "due_again_at": due_again_at, "channels": list(channels)}
    for priority in _PRIORITIES:
        found = await connection.execute(_CLAIM, {**facts, "priority": priority})
        if (row := found.one_or_none()) is not None:
            kind, channel = MessageKind(row.kind), Channel(row.channel)
            return replace(Claimed(*row), kind=kind, channel=channel)
    return None


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """How an attempt ended; no outcome if the message may have been accepted."""

    outcome: Outcome | None
    provider: str | None
    detail: str


async def end_attempt(
    connection: AsyncConnection, claimed: Claimed, end: AttemptEnd, *, now: datetime
) -> None:
    await connection.execute(
        text(
            """
            UPDATE delivery_attempt
            SET ended_at = CAST(:now AS timestamptz), outcome = :outcome, detail = :detail,
                provider = coalesce(CAST(:provider AS text), provider)
            WHERE id = :id
            """
        ),
        {
            "id": claimed.attempt_id,
            "outcome": end.outcome,
            "provider": end.provider,
            "detail": end.detail[:500],
            "now": now,
        },
    )


# It went out, whatever was decided about it meanwhile. What it stands for need not go any more.
_SENT = text(
    """
    WITH sent AS (
        UPDATE notification
        SET state = 'sent', sent_at = CAST(:now AS timestamptz), provider = :provider,
            provider_ref = :provider_ref, content_hash = :content_hash,
            receipt_due_at = CAST(:receipt_due_at AS timestamptz)
        WHERE id = :id AND state <> 'sent'
        RETURNING instead_of
    )
    UPDATE notification former
    SET state = CASE WHEN former.sent_at IS NULL THEN 'cancelled' ELSE 'sent' END,
        receipt = CASE WHEN former.sent_at IS NULL THEN former.receipt ELSE 'never' END
    FROM sent WHERE former.id = sent.instead_of AND former.state = 'pending'
    """
)


async def mark_sent(
    connection: AsyncConnection,
    claimed: Claimed,
    accepted: Accepted,
    *,
    content_hash: bytes,
    now: datetime,
) -> None:
    await connection.execute(
        _SENT,
        {
            "id": claimed.id,
            "now": now,
            "provider": accepted.provider,
            "provider_ref": accepted.provider_ref[:200],
            "content_hash": content_hash,
            "receipt_due_at": now + RECEIPT_WITHIN if accepted.receipt_expected else None,
        },
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


_BURY = text(
    """
    UPDATE notification
    SET state = CASE WHEN sent_at IS NULL THEN 'dead' ELSE 'sent' END,
        dead_at = CASE WHEN sent_at IS NULL THEN CAST(:now AS timestamptz) END,
        receipt = CASE WHEN sent_at IS NULL THEN receipt ELSE 'never' END,
        receipt_at = CASE WHEN sent_at IS NULL THEN receipt_at
                          ELSE CAST(:now AS timestamptz) END
    WHERE id = :id AND state = 'pending' RETURNING state
    """
)


async def bury(
    connection: AsyncConnection, claimed: Claimed, *, now: datetime
) -> MessageState | None:
    """It will not be tried any more: dead, or sent once and never heard of again. Nothing if it
    was taken back or sent meanwhile."""
    found = await connection.execute(_BURY, {"id": claimed.id, "now": now})
    state = found.scalar_one_or_none()
    return None if state is None else MessageState(state)


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
