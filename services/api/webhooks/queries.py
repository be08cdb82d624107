"""Webhooks on record, and how their calls went."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.webhooks.schemas import WebhookIn, WebhookOut
from shared.db.tables.agencies import agency_client
from shared.db.tables.channels import webhook, webhook_call
from shared.domain.webhooks import EventType, NotMade


def _shown() -> Select[Any]:
    call = webhook_call.c
    calls = (
        select(
            func.count().filter(call.state == "pending").label("waiting"),
            func.max(call.ended_at).filter(call.state == "sent").label("last_taken_at"),
            func.count().filter(call.state == "cancelled").label("not_made"),
        )
        .where(call.webhook_id == webhook.c.id)
        .lateral("calls")
    )
    latest = (
        select(func.nullif(call.detail, "").label("last_fault"))
        .where(call.webhook_id == webhook.c.id, call.attempts > 0, call.state != "cancelled")
        .order_by(call.id.desc())
        .limit(1)
        .lateral("latest")
    )
    undone = (
        select(func.nullif(call.detail, "").label("not_made_because"))
        .where(call.webhook_id == webhook.c.id, call.state == "cancelled")
        .order_by(call.id.desc())
        .limit(1)
        .lateral("undone")
    )
    shown = (
        calls.c.waiting,
        calls.c.last_taken_at,
        calls.c.not_made,
        undone.c.not_made_because,
        latest.c.last_fault,
    )
    return (
        select(webhook, *shown)
        .select_from(webhook)
        .join(calls, true())
        .outerjoin(latest, true())
        .outerjoin(undone, true())
    )


async def of_client(connection: AsyncConnection, client_id: int) -> list[WebhookOut]:
    """Newest first; those that were removed too."""
    found = await connection.execute(
        _shown().where(webhook.c.client_id == client_id).order_by(webhook.c.id.desc())
    )
    return [_out(row) for row in found]


async def one(connection: AsyncConnection, webhook_id: int) -> WebhookOut:
    return _out((await connection.execute(_shown().where(webhook.c.id == webhook_id))).one())


def _out(row: Any) -> WebhookOut:
    return WebhookOut(
        id=row.id,
        url=row.url,
        events=[EventType(one) for one in row.events],
        created_at=row.created_at,
        removed_at=row.removed_at,
        waiting=row.waiting,
        last_taken_at=row.last_taken_at,
        not_made=row.not_made,
        not_made_because=NotMade(row.not_made_because) if row.not_made_because else None,
        last_fault=row.last_fault,
    )


async def in_use(connection: AsyncConnection, client_id: int) -> int:
    counted = select(func.count()).where(
        webhook.c.client_id == client_id, webhook.c.removed_at.is_(None)
    )
    return int(await connection.scalar(counted) or 0)


async def add(
    connection: AsyncConnection,
    client_id: int,
    given: WebhookIn,
    salt: bytes,
    *,
    user_id: int,
    now: datetime,
) -> int:
    made = await connection.scalar(
        insert(webhook)
        .values(
            client_id=client_id,
            url=given.url,
            events=sorted(given.events),
            salt=salt,
            created_by=user_id,
            created_at=now,
        )
        .returning(webhook.c.id)
    )
    return int(made or 0)


async def remove(
    connection: AsyncConnection, agency: str, webhook_id: int, *, now: datetime
) -> bool:
    """False if this agency has none such in use."""
    client = select(agency_client.c.id).where(agency_client.c.code == agency)
    removed = await connection.execute(
        update(webhook)
        .where(
            webhook.c.id == webhook_id,
            webhook.c.client_id.in_(client),
            webhook.c.removed_at.is_(None),
        )
        .values(removed_at=now)
    )
    return bool(removed.rowcount)
