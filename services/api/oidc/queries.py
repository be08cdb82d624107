"""Who is away at the identity provider, and which identities there belong to whom here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.proofs import external_identity, identity_journey


@dataclass(frozen=True, slots=True)
class Journey:
    """What somebody must bring back; `user_id` if they want to link it to their account."""

    browser_hash: bytes
    nonce: str
    verifier: str
    issuer: str
    user_id: int | None
    wanted: str
    expires_at: datetime


async def begin(connection: AsyncConnection, state_hash: bytes, journey: Journey) -> None:
    await connection.execute(
        insert(identity_journey).values(
            state_hash=state_hash,
            browser_hash=journey.browser_hash,
            nonce=journey.nonce,
            verifier=journey.verifier,
            issuer=journey.issuer,
            user_id=journey.user_id,
            wanted=journey.wanted,
            expires_at=journey.expires_at,
        )
    )


async def forget_over(connection: AsyncConnection, *, now: datetime) -> int:
    """Those that are over; how many are left."""
    over = identity_journey.c.expires_at <= now
    await connection.execute(delete(identity_journey).where(over))
    return int(await connection.scalar(select(func.count()).select_from(identity_journey)) or 0)


async def end(connection: AsyncConnection, state_hash: bytes) -> Journey | None:
    """Each once."""
    row = (
        await connection.execute(
            delete(identity_journey)
            .where(identity_journey.c.state_hash == state_hash)
            .returning(
                identity_journey.c.browser_hash,
                identity_journey.c.nonce,
                identity_journey.c.verifier,
                identity_journey.c.issuer,
                identity_journey.c.user_id,
                identity_journey.c.wanted,
                identity_journey.c.expires_at,
            )
        )
    ).one_or_none()
    return Journey(*row) if row else None


async def owner(connection: AsyncConnection, issuer: str, subject: str) -> int | None:
    found: int | None = await connection.scalar(
        select(external_identity.c.user_id).where(
            external_identity.c.issuer == issuer, external_identity.c.subject == subject
        )
    )
    return found


async def link(
    connection: AsyncConnection, user_id: int, issuer: str, subject: str, *, now: datetime
) -> bool:
    """False if that identity is somebody's already, or they have another one there."""
    linked = await connection.scalar(
        upsert(external_identity)
        .values(issuer=issuer, subject=subject, user_id=user_id, linked_at=now)
        .on_conflict_do_nothing()
        .returning(external_identity.c.user_id)
    )
    return linked is not None


async def linked_since(connection: AsyncConnection, user_id: int, issuer: str) -> datetime | None:
    since: datetime | None = await connection.scalar(
        select(external_identity.c.linked_at).where(
            external_identity.c.user_id == user_id, external_identity.c.issuer == issuer
        )
    )
    return since


async def unlink(connection: AsyncConnection, user_id: int) -> None:
    await connection.execute(
        delete(external_identity).where(external_identity.c.user_id == user_id)
    )
