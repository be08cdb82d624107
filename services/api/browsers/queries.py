"""Statements about people's own browsers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Select, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.browsers.schemas import BrowserOut
from services.api.contact_points.schemas import SentTextOut
from shared.db.tables.channels import contact_point, person_text, sms_receipt
from shared.db.tables.outbox import address_fault
from shared.domain import web_push
from shared.domain.delivery import Receipt
from shared.domain.web_push import PROVIDER, Subscription

_its = contact_point.c
_IS_GONE = exists().where(
    address_fault.c.channel == "push", address_fault.c.address == contact_point.c.address
)


async def of_person(connection: AsyncConnection, user_id: int) -> Sequence[BrowserOut]:
    """The oldest first."""
    rows = await connection.execute(_shown(user_id).order_by(_its.id))
    return [_browser(row) for row in rows]


async def one(connection: AsyncConnection, user_id: int, browser_id: int) -> BrowserOut | None:
    row = (await connection.execute(_shown(user_id).where(_its.id == browser_id))).one_or_none()
    return _browser(row) if row else None


async def by_endpoint(connection: AsyncConnection, user_id: int, endpoint: str) -> int | None:
    found: int | None = await connection.scalar(
        select(_its.id).where(*_own(user_id), _its.address == endpoint)
    )
    return found


def _shown(user_id: int) -> Select[Any]:
    last = (
        select(
            person_text.c.kind, person_text.c.state, person_text.c.created_at, person_text.c.receipt
        )
        .where(person_text.c.contact_point_id == _its.id)
        .order_by(person_text.c.id.desc())
        .limit(1)
        .lateral("last")
    )
    return (
        select(
            _its.id,
            _its.address,
            _its.label,
            _its.created_at,
            _IS_GONE.label("is_gone"),
            last.c.kind,
            last.c.state,
            last.c.created_at.label("asked_at"),
            last.c.receipt,
        )
        .outerjoin(last, last.c.kind.is_not(None))
        .where(*_own(user_id))
    )


def _own(user_id: int) -> tuple[Any, ...]:
    return (_its.user_id == user_id, _its.channel == "push", _its.removed_at.is_(None))


def _browser(row: Any) -> BrowserOut:
    last = None
    if row.kind is not None:
        last = SentTextOut(
            kind=row.kind, state=row.state, asked_at=row.asked_at, receipt=row.receipt
        )
    return BrowserOut(
        id=row.id,
        label=row.label,
        service=urlsplit(row.address).hostname or "",
        fingerprint=web_push.fingerprint(row.address),
        created_at=row.created_at,
        is_gone=row.is_gone,
        last_test=last,
    )


async def lock(connection: AsyncConnection, user_id: int) -> None:
    """What one person does to their browsers comes one after another."""
    key = func.hashtextextended(f"contact_point/{user_id}", 0)
    await connection.execute(select(func.pg_advisory_xact_lock(key)))


async def hand_over(
    connection: AsyncConnection, to: Subscription, user_id: int, *, now: datetime
) -> None:
    """A browser tells one person: whoever has it in hand. Only that browser knows its keys."""
    await connection.execute(
        update(contact_point)
        .where(
            _its.channel == "push",
            _its.address == to.endpoint,
            _its["keys"] == _kept(to),
            _its.user_id != user_id,
            _its.removed_at.is_(None),
        )
        .values(removed_at=now)
    )


async def remove_gone(connection: AsyncConnection, user_id: int, *, now: datetime) -> None:
    """What takes nothing any more makes room."""
    await connection.execute(
        update(contact_point).where(*_own(user_id), _IS_GONE).values(removed_at=now)
    )


async def add(
    connection: AsyncConnection, user_id: int, to: Subscription, *, label: str, now: datetime
) -> int | None:
    """That a browser handed it out is the proof that it is there. Nothing, if another's is."""
    found: int | None = await connection.scalar(
        insert(contact_point)
        .values(
            user_id=user_id,
            channel="push",
            address=to.endpoint,
            keys=_kept(to),
            label=label,
            created_at=now,
            verified_at=now,
        )
        .on_conflict_do_nothing()
        .returning(_its.id)
    )
    return found


async def change(
    connection: AsyncConnection, browser_id: int, to: Subscription, *, label: str
) -> None:
    await connection.execute(
        update(contact_point).where(_its.id == browser_id).values(keys=_kept(to), label=label)
    )


async def remove(
    connection: AsyncConnection, user_id: int, browser_id: int, *, now: datetime
) -> None:
    await connection.execute(
        update(contact_point).where(*_own(user_id), _its.id == browser_id).values(removed_at=now)
    )


async def keep_receipt(connection: AsyncConnection, ref: str, *, now: datetime) -> None:
    """Beside what gateways report of short messages. The same again changes nothing."""
    await connection.execute(
        insert(sms_receipt)
        .values(
            provider=PROVIDER,
            provider_ref=web_push.recorded(ref),
            receipt=Receipt.DELIVERED,
            received_at=now,
        )
        .on_conflict_do_nothing()
    )


def _kept(to: Subscription) -> dict[str, str]:
    return {"p256dh": web_push.encoded(to.p256dh), "auth": web_push.encoded(to.auth)}
