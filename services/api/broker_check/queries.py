"""Who may log in to the broker at a moment."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.dynsec import Secret
from shared.db.tables.registry import device, device_credential, device_suspension, facility


@dataclass(frozen=True, slots=True)
class Login:
    """A credential in force, and whose it is."""

    facility: str
    device: str
    secret: Secret
    not_after: datetime | None


async def login(connection: AsyncConnection, username: str, *, now: datetime) -> Login | None:
    held = device_credential.c
    is_suspended = exists().where(
        device_suspension.c.device_id == device.c.id, device_suspension.c.resumed_at.is_(None)
    )
    row = (
        await connection.execute(
            select(
                facility.c.code.label("facility"),
                device.c.code.label("device"),
                held.salt,
                held.password_hash,
                held.iterations,
                held.not_after,
            )
            .join_from(device_credential, device, device.c.id == held.device_id)
            .join(facility, facility.c.id == device.c.facility_id)
            .where(
                held.username == username,
                held.revoked_at.is_(None),
                held.not_before <= now,
                or_(held.not_after.is_(None), held.not_after > now),
                device.c.retired_at.is_(None),
                facility.c.retired_at.is_(None),
                ~is_suspended,
            )
        )
    ).one_or_none()
    if row is None:
        return None
    secret = Secret(row.salt, row.password_hash, row.iterations)
    return Login(row.facility, row.device, secret, row.not_after)
