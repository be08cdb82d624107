"""Statements about people's own telephones, and the messages that prove and try them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.contact_points.schemas import SentTextOut, Spelling, TelephoneOut
from shared.db.tables.channels import contact_point, person_text
from shared.db.tables.outbox import address_fault


async def of_person(connection: AsyncConnection, user_id: int) -> Sequence[TelephoneOut]:
    """The oldest first."""
    rows = await connection.execute(_shown(user_id).order_by(contact_point.c.id))
    return [_telephone(row) for row in rows]


async def one(connection: AsyncConnection, user_id: int, telephone_id: int) -> TelephoneOut | None:
    row = (
        await connection.execute(_shown(user_id).where(contact_point.c.id == telephone_id))
    ).one_or_none()
    return _telephone(row) if row else None


def _shown(user_id: int) -> Select[Any]:
    last = (
        select(
            person_text.c.kind, person_text.c.state, person_text.c.created_at, person_text.c.receipt
        )
        .where(person_text.c.contact_point_id == contact_point.c.id)
        .order_by(person_text.c.id.desc())
        .limit(1)
        .lateral("last")
    )
    is_failing = exists().where(
        address_fault.c.channel == "sms", address_fault.c.address == contact_point.c.address
    )
    return (
        select(
            contact_point.c.id,
            contact_point.c.address,
            contact_point.c.label,
            contact_point.c.is_marked,
            contact_point.c.verified_at,
            is_failing.label("is_failing"),
            last.c.kind,
            last.c.state,
            last.c.created_at,
            last.c.receipt,
        )
        .outerjoin(last, last.c.kind.is_not(None))
        .where(*_own(user_id))
    )


def _own(user_id: int) -> tuple[Any, ...]:
    return (
        contact_point.c.user_id == user_id,
        contact_point.c.channel == "sms",
        contact_point.c.removed_at.is_(None),
    )


def _telephone(row: Any) -> TelephoneOut:
    last = None
    if row.kind is not None:
        last = SentTextOut(
            kind=row.kind, state=row.state, asked_at=row.created_at, receipt=row.receipt
        )
    return TelephoneOut(
        id=row.id,
        number=row.address,
        label=row.label,
        spelling=Spelling(row.is_marked or Spelling.UNMARKED),
        verified_at=row.verified_at,
        is_failing=row.is_failing,
        last_text=last,
    )


@dataclass(frozen=True, slots=True)
class Code:
    """What is needed to judge a code that was typed."""

    code_hash: str
    expires_at: datetime


async def lock(connection: AsyncConnection, user_id: int) -> None:
    """What one person does to their telephones comes one after another."""
    key = func.hashtextextended(f"contact_point/{user_id}", 0)
    await connection.execute(select(func.pg_advisory_xact_lock(key)))


async def code_of(connection: AsyncConnection, user_id: int, telephone_id: int) -> Code | None:
    row = (
        await connection.execute(
            select(contact_point.c.code_hash, contact_point.c.code_expires_at).where(
                *_own(user_id),
                contact_point.c.id == telephone_id,
                contact_point.c.code_hash.is_not(None),
            )
        )
    ).one_or_none()
    return Code(row.code_hash.decode(), row.code_expires_at) if row else None


async def add(
    connection: AsyncConnection,
    user_id: int,
    number: str,
    *,
    label: str,
    spelling: Spelling,
    now: datetime,
) -> int:
    telephone_id: int = (
        await connection.execute(
            insert(contact_point)
            .values(
                user_id=user_id,
                channel="sms",
                address=number,
                label=label,
                is_marked=_kept(spelling),
                created_at=now,
            )
            .returning(contact_point.c.id)
        )
    ).scalar_one()
    return telephone_id


async def change(
    connection: AsyncConnection, user_id: int, telephone_id: int, changes: dict[str, object]
) -> None:
    values = dict(changes)
    if "spelling" in values:
        values["is_marked"] = _kept(Spelling(str(values.pop("spelling"))))
    await _update(connection, user_id, telephone_id, values)


async def give_code(
    connection: AsyncConnection,
    user_id: int,
    telephone_id: int,
    code_hash: str,
    *,
    expires_at: datetime,
) -> None:
    values = {"code_hash": code_hash.encode(), "code_expires_at": expires_at}
    await _update(connection, user_id, telephone_id, values)


async def verify(
    connection: AsyncConnection, user_id: int, telephone_id: int, *, now: datetime
) -> None:
    """A code is good for one time."""
    values = {"verified_at": now, "code_hash": None, "code_expires_at": None}
    await _update(connection, user_id, telephone_id, values)


async def remove(
    connection: AsyncConnection, user_id: int, telephone_id: int, *, now: datetime
) -> None:
    values = {"removed_at": now, "code_hash": None, "code_expires_at": None}
    await _update(connection, user_id, telephone_id, values)


async def _update(
    connection: AsyncConnection, user_id: int, telephone_id: int, values: dict[str, Any]
) -> None:
    await connection.execute(
        update(contact_point)
        .where(*_own(user_id), contact_point.c.id == telephone_id)
        .values(values)
    )


@dataclass(frozen=True, slots=True)
class PersonText:
    """A message to a telephone, about itself."""

    kind: str
    language: str
    body: str
    message_id: str
    expires_at: datetime


async def post(
    connection: AsyncConnection, telephone_id: int, message: PersonText, *, now: datetime
) -> None:
    await connection.execute(
        insert(person_text).values(
            contact_point_id=telephone_id,
            kind=message.kind,
            language=message.language,
            body=message.body,
            message_id=message.message_id,
            expires_at=message.expires_at,
            created_at=now,
            due_at=now,
        )
    )


def _kept(spelling: Spelling) -> str | None:
    return "marked" if spelling is Spelling.MARKED else None
