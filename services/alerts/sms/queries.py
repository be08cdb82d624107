"""Every statement about short messages: how people want them, and what was heard of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.channel import Claimed
from services.alerts.sms.gateway import Answered, Reported


async def is_marked(connection: AsyncConnection, claimed: Claimed) -> bool:
    """Whether its reader asked for Vietnamese marks."""
    found = await connection.scalar(
        text(
            "SELECT is_marked FROM contact_point WHERE user_id = :user_id AND channel = 'sms' "
            "AND address = :address AND removed_at IS NULL"
        ),
        {"user_id": claimed.user_id, "address": claimed.address},
    )
    return bool(found == "marked")


async def arrived_under(connection: AsyncConnection, key: str) -> str | None:
    """Which gateway reported a message under our own key as delivered."""
    found: str | None = await connection.scalar(
        text(
            "SELECT provider FROM sms_receipt "
            "WHERE provider_ref = :key AND receipt = 'delivered' LIMIT 1"
        ),
        {"key": key},
    )
    return found


async def keep_report(
    connection: AsyncConnection, gateway: str, report: Reported, *, now: datetime
) -> None:
    await connection.execute(
        text(
            """
            INSERT INTO sms_receipt (provider, provider_ref, receipt, detail, received_at)
            VALUES (:provider, :ref, :receipt, :detail, CAST(:now AS timestamptz))
            ON CONFLICT DO NOTHING
            """
        ),
        {
            "provider": gateway, "ref": report.ref, "receipt": report.receipt,
            "detail": report.detail[:100], "now": now,
        },
    )  # fmt: skip


async def keep_answer(
    connection: AsyncConnection, gateway: str, answer: Answered, *, now: datetime
) -> None:
    await connection.execute(
        text(
            """
            INSERT INTO sms_inbound (provider, provider_ref, sender, body, received_at)
            VALUES (:provider, :ref, :sender, :body, CAST(:now AS timestamptz))
            ON CONFLICT DO NOTHING
            """
        ),
        {
            "provider": gateway, "ref": answer.ref, "sender": answer.sender,
            "body": answer.body[:1000], "now": now,
        },
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Folded:
    """How many reports found their message."""

    delivered: int
    failed: int


# A report may come before its message is on record as sent: it waits, but not for ever. A message
# that several gateways took is found by any of them; what arrived has arrived, and so it need not
# go out again. That it did not is believed only of the one that has it now.
_FOLD = text(
    """
    WITH told AS (
        SELECT id, provider, provider_ref, receipt, received_at FROM sms_receipt
        WHERE folded_at IS NULL ORDER BY id LIMIT 1000
    ), best AS (
        SELECT DISTINCT ON (provider, provider_ref) provider, provider_ref, receipt, received_at
        FROM told ORDER BY provider, provider_ref, receipt = 'delivered' DESC, id
    ), about AS (
        SELECT told.id AS receipt_id, n.id AS notification_id
        FROM told JOIN notification n
             ON n.provider = told.provider AND n.provider_ref = told.provider_ref
        WHERE n.sent_at IS NOT NULL
        UNION
        SELECT told.id, a.notification_id
        FROM told JOIN delivery_attempt a
             ON a.provider = told.provider AND a.detail = told.provider_ref
        WHERE a.outcome = 'accepted' AND a.provider <> 'smtp'
    ), notified AS (
        UPDATE notification n
        SET receipt = best.receipt, receipt_at = best.received_at,
            state = CASE WHEN best.receipt = 'delivered' THEN 'sent' ELSE n.state END
        FROM (
            SELECT DISTINCT ON (about.notification_id) about.notification_id, best.*
            FROM about JOIN told ON told.id = about.receipt_id
            JOIN best ON best.provider = told.provider AND best.provider_ref = told.provider_ref
            ORDER BY about.notification_id, best.receipt = 'delivered' DESC, told.id
        ) AS best
        WHERE n.id = best.notification_id
          AND (n.state = 'sent' OR (n.state = 'pending' AND n.sent_at IS NOT NULL))
          AND (best.receipt = 'delivered' OR (
              n.state = 'sent' AND n.provider = best.provider
              AND n.provider_ref = best.provider_ref))
          AND (n.receipt IS NULL OR (n.receipt <> 'delivered' AND best.receipt = 'delivered'))
        RETURNING n.receipt
    ), texted AS (
        UPDATE person_text t SET receipt = best.receipt, receipt_at = best.received_at
        FROM best
        WHERE t.provider = best.provider AND t.provider_ref = best.provider_ref
          AND t.state = 'sent'
          AND (t.receipt IS NULL OR (t.receipt <> 'delivered' AND best.receipt = 'delivered'))
        RETURNING t.receipt
    ), known AS (
        SELECT told.id FROM told
        WHERE told.received_at < CAST(:too_old AS timestamptz)
           OR told.id IN (SELECT receipt_id FROM about)
           OR EXISTS (SELECT FROM person_text t WHERE t.provider = told.provider
                      AND t.provider_ref = told.provider_ref AND t.state = 'sent')
    ), marked AS (
        UPDATE sms_receipt r SET folded_at = CAST(:now AS timestamptz)
        FROM known WHERE r.id = known.id
    )
    SELECT count(*) FILTER (WHERE receipt = 'delivered'),
           count(*) FILTER (WHERE receipt <> 'delivered')
    FROM (SELECT receipt FROM notified UNION ALL SELECT receipt FROM texted) AS folded
    """
)


async def fold(connection: AsyncConnection, *, now: datetime, too_old: datetime) -> Folded:
    """Reports, into the messages that they are about."""
    row = (await connection.execute(_FOLD, {"now": now, "too_old": too_old})).one()
    return Folded(*row)
