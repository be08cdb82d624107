"""Failures by door, under hashes; and in which browsers whose log-in succeeded before."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.people import user_account
from shared.db.tables.proofs import known_device, log_in_throttle
from shared.domain.throttling import Tally

#: Nobody has knocked for so long that it does not matter any more.
FORGOTTEN_AFTER: Final = timedelta(days=30)


async def locked(
    connection: AsyncConnection, keys: Collection[bytes], *, now: datetime
) -> Mapping[bytes, Tally]:
    """The tallies of some doors, nobody else's to change until the transaction ends."""
    empty = [{"key": key, "attempts": [], "failures": 0, "last_at": now} for key in sorted(keys)]
    await connection.execute(upsert(log_in_throttle).values(empty).on_conflict_do_nothing())
    return await _tallies(connection, keys)


async def there(connection: AsyncConnection, keys: Collection[bytes]) -> Mapping[bytes, Tally]:
    """The same of those doors only at which somebody has knocked."""
    return await _tallies(connection, keys)


async def _tallies(connection: AsyncConnection, keys: Collection[bytes]) -> Mapping[bytes, Tally]:
    # In one order, so that two log-ins never wait for each other.
    rows = await connection.execute(
        select(log_in_throttle.c.key, log_in_throttle.c.attempts, log_in_throttle.c.failures)
        .where(log_in_throttle.c.key.in_(keys))
        .order_by(log_in_throttle.c.key)
        .with_for_update()
    )
    return {key: Tally(tuple(attempts), failures) for key, attempts, failures in rows}


async def write(connection: AsyncConnection, key: bytes, tally: Tally, *, now: datetime) -> None:
    await connection.execute(
        update(log_in_throttle)
        .where(log_in_throttle.c.key == key)
        .values(attempts=list(tally.recent), failures=tally.in_a_row, last_at=now)
    )


async def clear(connection: AsyncConnection, keys: Collection[bytes]) -> None:
    await connection.execute(delete(log_in_throttle).where(log_in_throttle.c.key.in_(keys)))


async def forget_old(connection: AsyncConnection, *, now: datetime) -> None:
    old = log_in_throttle.c.last_at < now - FORGOTTEN_AFTER
    await connection.execute(delete(log_in_throttle).where(old))
    await connection.execute(delete(known_device).where(known_device.c.expires_at <= now))


async def is_known_device(
    connection: AsyncConnection, token_hash: bytes, email: str, *, now: datetime
) -> bool:
    """Whether the owner of an address has logged in with this browser before."""
    theirs = (
        select(known_device.c.user_id)
        .join_from(known_device, user_account)
        .where(
            known_device.c.token_hash == token_hash,
            known_device.c.expires_at > now,
            func.lower(user_account.c.email) == email,
        )
    )
    return bool(await connection.scalar(select(theirs.exists())))


async def keep_device(
    connection: AsyncConnection,
    user_id: int,
    token_hash: bytes,
    *,
    now: datetime,
    expires_at: datetime,
) -> None:
    await connection.execute(
        insert(known_device).values(
            token_hash=token_hash, user_id=user_id, created_at=now, expires_at=expires_at
        )
    )


async def forget_devices(connection: AsyncConnection, user_id: int) -> None:
    await connection.execute(delete(known_device).where(known_device.c.user_id == user_id))
