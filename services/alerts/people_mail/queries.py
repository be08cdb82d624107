"""The outbox of mails with links: claim, send, and empty what holds the link."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.channel import Claimed
from shared.domain.delivery import Channel, MessageKind

# A claim is a due date moved ahead: whoever claims and dies leaves the mail due again.
_CLAIM = text(
    """
    UPDATE person_mail m
    SET attempts = m.attempts + 1, due_at = CAST(:due_again_at AS timestamptz)
    FROM (
        SELECT id FROM person_mail
        WHERE state = 'pending' AND due_at <= CAST(:now AS timestamptz)
          AND expires_at > CAST(:now AS timestamptz)
        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) next
    WHERE m.id = next.id
    RETURNING m.id, m.address, m.language, m.subject, m.body, m.message_id, m.attempts, m.created_at
    """
)


async def claim(
    connection: AsyncConnection, *, now: datetime, due_again_at: datetime
) -> Claimed | None:
    """The next one due, not one whose link is over; about no incident, never marked as a repeat."""
    found = await connection.execute(_CLAIM, {"now": now, "due_again_at": due_again_at})
    row = found.one_or_none()
    if row is None:
        return None
    return Claimed(
        id=row.id,
        attempt_id=0,
        incident_id=None,
        user_id=None,
        kind=MessageKind.ACCOUNT,
        channel=Channel.EMAIL,
        address=row.address,
        language=row.language,
        subject=row.subject,
        body=row.body,
        short="",
        message_id=row.message_id,
        attempts=row.attempts,
        created_at=row.created_at,
        is_repeat=False,
    )


async def mark_sent(connection: AsyncConnection, mail_id: int, *, now: datetime) -> None:
    """From now on the link is in nobody's hands but its reader's."""
    await connection.execute(
        text(
            "UPDATE person_mail SET state = 'sent', sent_at = CAST(:now AS timestamptz), "
            "address = '', body = '' WHERE id = :id AND state = 'pending'"
        ),
        {"id": mail_id, "now": now},
    )


async def postpone(connection: AsyncConnection, claimed: Claimed, *, due_at: datetime) -> None:
    """Unless someone else has claimed it meanwhile."""
    await connection.execute(
        text(
            "UPDATE person_mail SET due_at = CAST(:due_at AS timestamptz) "
            "WHERE id = :id AND state = 'pending' AND attempts = :attempts"
        ),
        {"id": claimed.id, "due_at": due_at, "attempts": claimed.attempts},
    )


async def bury(connection: AsyncConnection, mail_id: int) -> None:
    """It will never be sent; whoever invited sees that it was not."""
    await connection.execute(
        text(
            "UPDATE person_mail SET state = 'dead', address = '', body = '' "
            "WHERE id = :id AND state = 'pending'"
        ),
        {"id": mail_id},
    )


async def bury_expired(connection: AsyncConnection, *, now: datetime) -> None:
    """What could not be sent while its link was good."""
    await connection.execute(
        text(
            "UPDATE person_mail SET state = 'dead', address = '', body = '' "
            "WHERE state = 'pending' AND expires_at <= CAST(:now AS timestamptz)"
        ),
        {"now": now},
    )
