"""Challenges that were given out and not yet answered."""

from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.proofs import passkey_challenge


async def keep(
    connection: AsyncConnection,
    challenge_hash: bytes,
    *,
    user_id: int | None,
    session_hash: bytes | None,
    expires_at: datetime,
) -> None:
    await connection.execute(
        insert(passkey_challenge).values(
            challenge_hash=challenge_hash,
            user_id=user_id,
            session_hash=session_hash,
            expires_at=expires_at,
        )
    )


async def forget_over(connection: AsyncConnection, *, now: datetime) -> int:
    """Those that are over; how many are left."""
    over = passkey_challenge.c.expires_at <= now
    await connection.execute(delete(passkey_challenge).where(over))
    return int(await connection.scalar(select(func.count()).select_from(passkey_challenge)) or 0)


async def take(
    connection: AsyncConnection,
    challenge_hash: bytes,
    *,
    user_id: int | None,
    session_hash: bytes | None,
    now: datetime,
) -> bool:
    """Whether it was given to this asker and is still good; never twice."""
    row = (
        await connection.execute(
            delete(passkey_challenge)
            .where(passkey_challenge.c.challenge_hash == challenge_hash)
            .returning(
                passkey_challenge.c.user_id,
                passkey_challenge.c.session_hash,
                passkey_challenge.c.expires_at,
            )
        )
    ).one_or_none()
    if row is None or row.expires_at <= now:
        return False
    return (row.user_id, row.session_hash) == (user_id, session_hash)
