"""Devices' public keys in the registry."""

import base64
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.keys.public_key import fingerprint
from services.api.keys.schemas import KeyOut
from shared.db.tables.registry import device_key


async def of_device(connection: AsyncConnection, device_id: int) -> Sequence[KeyOut]:
    """Those in force first, the newest first."""
    rows = await connection.execute(
        select(device_key.c.public_key, device_key.c.created_at, device_key.c.revoked_at)
        .where(device_key.c.device_id == device_id)
        .order_by(
            device_key.c.revoked_at.is_not(None),
            device_key.c.created_at.desc(),
            device_key.c.public_key,
        )
    )
    return [_key_out(row.public_key, row.created_at, row.revoked_at) for row in rows]


def _key_out(public_key: bytes, created_at: datetime, revoked_at: datetime | None) -> KeyOut:
    return KeyOut(
        fingerprint=fingerprint(public_key),
        public_key=base64.b64encode(public_key).decode(),
        created_at=created_at,
        revoked_at=revoked_at,
    )


async def add(
    connection: AsyncConnection, device_id: int, public_key: bytes, *, now: datetime
) -> KeyOut:
    """The facility is locked, and the device never had this key."""
    await connection.execute(
        insert(device_key).values(device_id=device_id, public_key=public_key, created_at=now)
    )
    return _key_out(public_key, now, None)


async def revoke(
    connection: AsyncConnection, device_id: int, public_key: bytes, *, now: datetime
) -> None:
    """For good; revoked once already, it stays so since then."""
    await connection.execute(
        update(device_key)
        .where(device_key.c.device_id == device_id, device_key.c.public_key == public_key)
        .where(device_key.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def revoke_all(connection: AsyncConnection, device_id: int, *, now: datetime) -> None:
    """The device's hardware is another one now, and knows none of them."""
    await connection.execute(
        update(device_key)
        .where(device_key.c.device_id == device_id, device_key.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
