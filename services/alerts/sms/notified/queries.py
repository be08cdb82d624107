"""Statements about the attempts at notifications: through which gateways, and what came of it."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.channel import Claimed
from services.alerts.sms.gateway import Arrived
from services.alerts.sms.words import key_of
from shared.domain.sms_failover import End, Try


class Notified:
    """The `Record` of the outbox of notifications: its attempts, one row each."""

    async def tries(self, connection: AsyncConnection, claimed: Claimed) -> list[Try]:
        """Of this message, and of those in whose place it stands."""
        found = await connection.execute(
            text(
                """
                WITH RECURSIVE chain AS (
                    SELECT id, instead_of, channel, sent_at FROM notification WHERE id = :id
                    UNION
                    SELECT n.id, n.instead_of, n.channel, n.sent_at
                    FROM chain JOIN notification n ON n.id = chain.instead_of
                )
                SELECT a.provider, a.started_at,
                       CASE WHEN a.outcome IS NULL THEN CAST(:unknown AS text)
                            WHEN a.outcome <> 'accepted' THEN CAST(:not_taken AS text)
                            WHEN chain.id <> :id THEN CAST(:lost AS text)
                            WHEN chain.sent_at IS NOT NULL THEN CAST(:unreported AS text)
                            ELSE CAST(:taken AS text) END AS ended
                FROM chain JOIN delivery_attempt a ON a.notification_id = chain.id
                WHERE chain.channel = 'sms' AND a.id <> :attempt_id
                ORDER BY a.id
                """
            ),
            {
                "id": claimed.id, "attempt_id": claimed.attempt_id, "unknown": End.UNKNOWN,
                "not_taken": End.NOT_TAKEN, "lost": End.DID_NOT_ARRIVE,
                "unreported": End.UNREPORTED, "taken": End.TAKEN,
            },
        )  # fmt: skip
        return [Try(row.provider, End(row.ended), row.started_at) for row in found]

    async def arrived(self, connection: AsyncConnection, claimed: Claimed) -> Arrived | None:
        """Whether any gateway that took it says that it arrived, under its own number or ours."""
        found = await connection.execute(
            text(
                """
                SELECT r.provider, r.provider_ref FROM sms_receipt r
                WHERE r.receipt = 'delivered' AND r.provider_ref = :key
                UNION ALL
                SELECT r.provider, r.provider_ref
                FROM delivery_attempt a
                JOIN sms_receipt r ON r.provider = a.provider AND r.provider_ref = a.detail
                WHERE a.notification_id = :id AND a.outcome = 'accepted'
                  AND r.receipt = 'delivered'
                LIMIT 1
                """
            ),
            {"key": key_of(claimed.message_id), "id": claimed.id},
        )
        row = found.one_or_none()
        return None if row is None else Arrived(row.provider, row.provider_ref)

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
