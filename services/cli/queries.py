"""What a set-up asks of the database: whom the broker admits, who administers, whom to tell."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, func, insert, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access_log import queries as access_log
from services.api.access_log.queries import Trail
from shared.contracts.dynsec import DeviceClient, Secret
from shared.db.tables.ladders import ladder_step
from shared.db.tables.people import role_assignment, user_account
from shared.db.tables.registry import device, device_credential, facility
from shared.domain.access import Role
from shared.domain.deeds import Deed


async def admitted_devices(connection: AsyncConnection, *, now: datetime) -> list[DeviceClient]:
    """Every password with which a device may log in to the broker, now or later."""
    found = await connection.execute(
        select(
            facility.c.code,
            device.c.code,
            device_credential.c.salt,
            device_credential.c.password_hash,
            device_credential.c.iterations,
            device_credential.c.number,
            device_credential.c.not_before,
        )
        .join_from(device_credential, device)
        .join(facility, facility.c.id == device.c.facility_id)
        .where(
            device_credential.c.revoked_at.is_(None),
            or_(device_credential.c.not_after.is_(None), device_credential.c.not_after > now),
            device.c.retired_at.is_(None),
            facility.c.retired_at.is_(None),
        )
        .order_by(device_credential.c.username)
    )
    return [
        DeviceClient(place, code, Secret(salt, digest, iterations), number, not_before > now)
        for place, code, salt, digest, iterations, number, not_before in found
    ]


async def has_administrator(connection: AsyncConnection, *, now: datetime) -> bool:
    held = role_assignment.c
    return bool(
        await connection.scalar(
            select(
                exists()
                .where(held.user_id == user_account.c.id, user_account.c.disabled_at.is_(None))
                .where(held.role == Role.SYS_ADMIN, held.valid_from <= now)
                .where(or_(held.valid_to.is_(None), held.valid_to > now))
            )
        )
    )


async def add_administrator(
    connection: AsyncConnection, *, email: str, name: str, password_hash: str, now: datetime
) -> bool:
    """Whether they were added: nobody is, if the address is on record already."""
    if await connection.scalar(select(exists().where(user_account.c.email == email))):
        return False
    user_id = await connection.scalar(
        insert(user_account)
        .values(email=email, name=name, language="vi", password_hash=password_hash, created_at=now)
        .returning(user_account.c.id)
    )
    await connection.execute(
        insert(role_assignment).values(user_id=user_id, role=Role.SYS_ADMIN, valid_from=now)
    )
    return True


async def person(connection: AsyncConnection, email: str) -> int | None:
    """Whose address it is, in whatever letters."""
    found: int | None = await connection.scalar(
        select(user_account.c.id).where(func.lower(user_account.c.email) == email.strip().lower())
    )
    return found


async def put_on_record(connection: AsyncConnection, deed: Deed, *, now: datetime) -> None:
    """What the operator of the server did: nobody who is logged in, so the service itself."""
    await access_log.add(connection, Trail("system", "", "", ""), deed, now=now)


async def add_first_ladder(
    connection: AsyncConnection, steps: Sequence[tuple[Role, int]], *, now: datetime
) -> None:
    """Whom to tell after how many seconds; where a ladder is on record, it stays."""
    if await connection.scalar(select(exists(select(literal(1)).select_from(ladder_step)))):
        return
    rows = [
        {"step": number, "role": role, "after_s": after_s, "valid_from": now}
        for number, (role, after_s) in enumerate(steps, start=1)
    ]
    await connection.execute(insert(ladder_step), rows)
