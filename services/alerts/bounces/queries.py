"""Statements about mails that came back, or of which a server says that they arrived."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def bury(connection: AsyncConnection, notification_id: int, *, now: datetime) -> bool:
    """It came back, also if we never learned that it had been taken. False if that was known."""
    found = await connection.execute(
        text(
            """
            UPDATE notification
            SET state = 'dead', dead_at = CAST(:now AS timestamptz),
                receipt = 'failed', receipt_at = CAST(:now AS timestamptz)
            WHERE id = :id AND channel = 'email' AND state IN ('pending', 'sent')
            RETURNING id
            """
        ),
        {"id": notification_id, "now": now},
    )
    return found.one_or_none() is not None


async def mark_delivered(
    connection: AsyncConnection, notification_id: int, *, now: datetime
) -> None:
    await connection.execute(
        text(
            """
            UPDATE notification SET receipt = 'delivered', receipt_at = CAST(:now AS timestamptz)
            WHERE id = :id AND channel = 'email' AND state = 'sent' AND receipt IS NULL
            """
        ),
        {"id": notification_id, "now": now},
    )
