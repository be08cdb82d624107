"""Statements about the outbox of codes and tests: claim, send, and empty what holds a code."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.channel import Accepted, Claimed
from shared.domain.delivery import Channel, MessageKind
from shared.domain.sms_failover import End, Try

# A claim is a due date moved ahead: whoever claims and dies leaves the message due again.
_CLAIM = text(
    """
    UPDATE person_text t
    SET attempts = t.attempts + 1, due_at = CAST(:due_again_at AS timestamptz)
    FROM (
        SELECT id FROM person_text
        WHERE state = 'pending' AND due_at <= CAST(:now AS timestamptz)
          AND expires_at > CAST(:now AS timestamptz)
        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) next, contact_point c
    WHERE t.id = next.id AND c.id = t.contact_point_id
    RETURNING t.id, t.kind, c.user_id, c.address, t.language, t.body, t.message_id, t.attempts,
              t.created_at
    """
)


async def claim(
    connection: AsyncConnection, *, now: datetime, due_again_at: datetime
) -> Claimed | None:
    """The next one due, not one whose code is over."""
    row = (
        await connection.execute(_CLAIM, {"now": now, "due_again_at": due_again_at})
    ).one_or_none()
    if row is None:
        return None
    return Claimed(
        id=row.id,
        attempt_id=0,
        incident_id=None,
        user_id=row.user_id,
        kind=MessageKind.TEST if row.kind == "test" else MessageKind.ACCOUNT,
        channel=Channel.SMS,
        address=row.address,
        language=row.language,
        subject="",
        body=row.body,
        short=row.body,
        message_id=row.message_id,
        attempts=row.attempts,
        created_at=row.created_at,
        is_repeat=row.attempts > 1,
    )


async def mark_sent(
    connection: AsyncConnection, text_id: int, accepted: Accepted, *, now: datetime
) -> None:
    """From now on the code is in nobody's hands but its reader's."""
    await connection.execute(
        text(
            "UPDATE person_text SET state = 'sent', sent_at = CAST(:now AS timestamptz), "
            "body = '', provider = :provider, provider_ref = :provider_ref, unsure_of = NULL "
            "WHERE id = :id AND state = 'pending'"
        ),
        {
            "id": text_id,
            "provider": accepted.provider,
            "provider_ref": accepted.provider_ref[:200],
            "now": now,
        },
    )


async def postpone(connection: AsyncConnection, claimed: Claimed, *, due_at: datetime) -> None:
    """Unless someone else has claimed it meanwhile."""
    await connection.execute(
        text(
            "UPDATE person_text SET due_at = CAST(:due_at AS timestamptz) "
            "WHERE id = :id AND state = 'pending' AND attempts = :attempts"
        ),
        {"id": claimed.id, "due_at": due_at, "attempts": claimed.attempts},
    )


async def settle(connection: AsyncConnection, text_id: int) -> None:
    """Whoever was asked last did not take it."""
    await connection.execute(
        text("UPDATE person_text SET unsure_of = NULL WHERE id = :id"), {"id": text_id}
    )


async def bury(connection: AsyncConnection, text_id: int) -> None:
    """It will never be sent; its reader sees that."""
    await connection.execute(
        text(
            "UPDATE person_text SET state = 'dead', body = '' WHERE id = :id AND state = 'pending'"
        ),
        {"id": text_id},
    )


async def bury_expired(connection: AsyncConnection, *, now: datetime) -> None:
    """What could not be sent while its code was good."""
    await connection.execute(
        text(
            "UPDATE person_text SET state = 'dead', body = '' "
            "WHERE state = 'pending' AND expires_at <= CAST(:now AS timestamptz)"
        ),
        {"now": now},
    )


class Texted:
    """The `Record` of this outbox: only a gateway whose answer is lost is remembered."""

    async def tries(self, connection: AsyncConnection, claimed: Claimed) -> list[Try]:
        found = await connection.execute(
            text(
                "SELECT unsure_of, unsure_at FROM person_text "
                "WHERE id = :id AND unsure_of IS NOT NULL"
            ),
            {"id": claimed.id},
        )
        return [Try(row.unsure_of, End.UNKNOWN, row.unsure_at) for row in found]

    async def trying(
        self, connection: AsyncConnection, claimed: Claimed, gateway: str, *, now: datetime
    ) -> None:
        await connection.execute(
            text(
                """
                UPDATE person_text
                SET unsure_at = CASE WHEN unsure_of = :gateway THEN unsure_at
                                     ELSE CAST(:now AS timestamptz) END,
                    unsure_of = :gateway
                WHERE id = :id
                """
            ),
            {"id": claimed.id, "gateway": gateway, "now": now},
        )
