"""Takes an invitation up, once, and puts somebody new on record."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.invitations import invitation
from shared.db.tables.people import user_account


async def accept(connection: AsyncConnection, token_hash: bytes, *, now: datetime) -> int | None:
    """Its number, if it was good; of two at once, one wins."""
    number: int | None = await connection.scalar(
        update(invitation)
        .where(
            invitation.c.token_hash == token_hash,
            invitation.c.accepted_at.is_(None),
            invitation.c.revoked_at.is_(None),
            invitation.c.expires_at > now,
        )
        .values(accepted_at=now)
        .returning(invitation.c.id)
    )
    return number


async def accepted_by(connection: AsyncConnection, number: int, user_id: int) -> None:
    await connection.execute(
        update(invitation).where(invitation.c.id == number).values(accepted_by=user_id)
    )


async def add_person(
    connection: AsyncConnection,
    *,
    email: str,
    name: str,
    language: str,
    password_hash: str,
    now: datetime,
) -> int | None:
    """Nobody, if the address is on record already."""
    number: int | None = await connection.scalar(
        upsert(user_account)
        .values(
            email=email, name=name, language=language, password_hash=password_hash, created_at=now
        )
        .on_conflict_do_nothing(index_elements=[user_account.c.email])
        .returning(user_account.c.id)
    )
    return number


async def owner_of(connection: AsyncConnection, email: str) -> int | None:
    """Whose address it is, in whatever letters."""
    found: int | None = await connection.scalar(
        select(user_account.c.id).where(func.lower(user_account.c.email) == email.lower())
    )
    return found
