"""Statements about the attempts at notifications: through which gateways, and what came of it."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.channel import Claimed
from shared.domain.sms_failover import End, Try


class Notified:
    """The `Record` of the outbox of notifications: its attempts, one row each."""

    async def tries(self, connection: AsyncConnection, claimed: Claimed) -> list[Try]:
        """Of this message, and of those in whose place it stands."""
        found = await connection.execute(
            text(
                """
                WITH RECURSIVE chain AS (
                    SELECT id, instead_of, channel, receipt FROM notification WHERE id = :id
                    UNION
                    SELECT n.id, n.instead_of, n.channel, n.receipt
                    FROM chain JOIN notification n ON n.id = chain.instead_of
                )
                SELECT a.provider, a.started_at,
                       CASE WHEN a.outcome IS NULL THEN CAST(:unknown AS text)
                            WHEN a.outcome <> 'accepted' THEN CAST(:not_taken AS text)
                            WHEN chain.id <> :id OR chain.receipt IN ('failed', 'never')
                            THEN CAST(:lost AS text)
                            ELSE CAST(:taken AS text) END AS ended
                FROM chain JOIN delivery_attempt a ON a.notification_id = chain.id
                WHERE chain.channel = 'sms' AND a.id <> :attempt_id
                ORDER BY a.id
                """
            ),
            {
                "id": claimed.id, "attempt_id": claimed.attempt_id, "unknown": End.UNKNOWN,
                "not_taken": End.NOT_TAKEN, "lost": End.DID_NOT_ARRIVE, "taken": End.TAKEN,
            },
        )  # fmt: skip
        return [Try(row.provider, End(row.ended), row.started_at) for row in found]

    async def trying(
        self,
        connection: AsyncConnection,
        claimed: Claimed,
        gateway: str,
        *,
        now: datetime,  # noqa: ARG002 - the attempt has its own
    ) -> None:
        await connection.execute(
            text("UPDATE delivery_attempt SET provider = :gateway WHERE id = :id"),
            {"id": claimed.attempt_id, "gateway": gateway},
        )
