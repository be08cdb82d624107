"""Which credentials are to begin or to end at the broker now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.registry import device, device_suspension
from shared.db.tables.registry import device_credential as kept
from shared.domain.credentials import Ending

#: What a broker may have forgotten of what we told it, when it comes back.
_LATELY: Final = timedelta(hours=1)

_is_suspended = exists().where(
    device_suspension.c.device_id == kept.c.device_id, device_suspension.c.resumed_at.is_(None)
)
_is_retired = exists().where(device.c.id == kept.c.device_id, device.c.retired_at.is_not(None))


async def end_due(connection: AsyncConnection, *, now: datetime) -> Sequence[str]:
    """The names of those whose time has come; from this transaction on they have ended."""
    names = await connection.scalars(
        update(kept)
        .where(kept.c.revoked_at.is_(None), kept.c.not_after <= now)
        .values(revoked_at=now, ended_because=Ending.EXPIRED)
        .returning(kept.c.username)
    )
    return names.all()


async def begin_due(connection: AsyncConnection, *, now: datetime) -> Sequence[str]:
    """The names of those that wait no longer. A suspended device's begin when it is let back."""
    names = await connection.scalars(
        update(kept)
        .where(
            kept.c.revoked_at.is_(None),
            kept.c.begun_at.is_(None),
            kept.c.not_before <= now,
            ~_is_suspended,
            ~_is_retired,
        )
        .values(begun_at=now)
        .returning(kept.c.username)
    )
    return names.all()


async def lately_ended(connection: AsyncConnection, *, now: datetime) -> Sequence[str]:
    """Whatever the reason; a name is never given twice."""
    names = await connection.scalars(
        select(kept.c.username).where(kept.c.revoked_at > now - _LATELY)
    )
    return names.all()


async def lately_begun(connection: AsyncConnection, *, now: datetime) -> Sequence[str]:
    """Of those that had to wait."""
    names = await connection.scalars(
        select(kept.c.username).where(
            kept.c.revoked_at.is_(None),
            or_(kept.c.not_after.is_(None), kept.c.not_after > now),
            kept.c.begun_at > now - _LATELY,
            kept.c.not_before > kept.c.created_at,
            ~_is_suspended,
            ~_is_retired,
        )
    )
    return names.all()
