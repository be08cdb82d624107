"""Statements about what gateways told us: kept once, and whose answer it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.sms.dialects import Answer, Report
from shared.db.tables.channels import contact_point, sms_inbound, sms_receipt
from shared.db.tables.outbox import notification
from shared.db.tables.people import user_account


async def keep_report(
    connection: AsyncConnection, gateway: str, report: Report, *, now: datetime
) -> None:
    await connection.execute(
        insert(sms_receipt)
        .values(
            provider=gateway,
            provider_ref=report.ref,
            receipt=report.receipt,
            detail=report.detail,
            received_at=now,
        )
        .on_conflict_do_nothing()
    )


async def keep_answer(
    connection: AsyncConnection, gateway: str, answer: Answer, *, now: datetime
) -> None:
    await connection.execute(
        insert(sms_inbound)
        .values(
            provider=gateway,
            provider_ref=answer.ref,
            sender=answer.sender,
            body=answer.body,
            received_at=now,
        )
        .on_conflict_do_nothing()
    )


@dataclass(frozen=True, slots=True)
class Inbound:
    """What somebody sent, and nobody has looked at."""

    id: int
    sender: str
    body: str
    received_at: datetime


async def unhandled(connection: AsyncConnection, *, limit: int) -> Sequence[Inbound]:
    """The oldest first."""
    rows = await connection.execute(
        select(
            sms_inbound.c.id, sms_inbound.c.sender, sms_inbound.c.body, sms_inbound.c.received_at
        )
        .where(sms_inbound.c.handled_at.is_(None))
        .order_by(sms_inbound.c.id)
        .limit(limit)
    )
    return [Inbound(*row) for row in rows]


async def handled(
    connection: AsyncConnection, inbound_id: int, outcome: str, *, now: datetime
) -> None:
    await connection.execute(
        update(sms_inbound)
        .where(sms_inbound.c.id == inbound_id, sms_inbound.c.handled_at.is_(None))
        .values(handled_at=now, outcome=outcome)
    )


async def failures(
    connection: AsyncConnection, sender: str, outcome: str, *, since: datetime
) -> int:
    """How many codes of this telephone were none, lately."""
    count: int = (
        await connection.execute(
            select(func.count()).where(
                sms_inbound.c.sender == sender,
                sms_inbound.c.received_at > since,
                sms_inbound.c.outcome == outcome,
            )
        )
    ).scalar_one()
    return count


@dataclass(frozen=True, slots=True)
class Told:
    """A message to a telephone whose owner has proved that it is theirs."""

    notification_id: int
    incident_id: int
    user_id: int
    language: str


async def told(
    connection: AsyncConnection, number: str, *, since: datetime, limit: int
) -> Sequence[Told]:
    """The newest first. Before a message is on record as sent it may have been answered."""
    rows = await connection.execute(
        select(
            notification.c.id,
            notification.c.incident_id,
            notification.c.user_id,
            notification.c.language,
        )
        .join(
            contact_point,
            (contact_point.c.user_id == notification.c.user_id)
            & (contact_point.c.address == notification.c.address)
            & (contact_point.c.channel == "sms"),
        )
        .join(user_account, user_account.c.id == notification.c.user_id)
        .where(
            notification.c.channel == "sms",
            notification.c.address == number,
            notification.c.created_at > since,
            notification.c.attempts > 0,
            notification.c.incident_id.is_not(None),
            contact_point.c.verified_at.is_not(None),
            contact_point.c.removed_at.is_(None),
            user_account.c.disabled_at.is_(None),
        )
        .order_by(notification.c.id.desc())
        .limit(limit)
    )
    return [Told(*row) for row in rows]
