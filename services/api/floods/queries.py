"""Every statement about floods: what was refused of whom, and who is suspended."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts import topics
from shared.db.tables.coverage import quarantine
from shared.db.tables.registry import device, device_credential, device_suspension, facility
from shared.domain.floods import FORGOTTEN_AFTER, Suspension, Tally
from shared.domain.states import Refusal

#: Any number, as long as nobody else locks by it.
_TURN: Final = 0x666C6F6F64

_MAY_LOG_IN = and_(device_credential.c.revoked_at.is_(None), device.c.retired_at.is_(None))
_has_a_login = exists().where(device_credential.c.device_id == device.c.id, _MAY_LOG_IN)


async def take_turn(connection: AsyncConnection) -> None:
    """One at a time, until the end of the transaction: what the broker is told follows the rows."""
    await connection.execute(select(func.pg_advisory_xact_lock(_TURN)))


async def throttled(connection: AsyncConnection, *, since: datetime) -> Sequence[Tally]:
    """What was ever refused as too much of senders who may log in, where it grew since then."""
    rows = await connection.execute(
        select(quarantine.c.id, device.c.id, quarantine.c.count, quarantine.c.first_at)
        .join_from(quarantine, facility, facility.c.code == quarantine.c.facility_code)
        .join(
            device,
            and_(device.c.facility_id == facility.c.id, device.c.code == quarantine.c.device_code),
        )
        .where(
            quarantine.c.reason == Refusal.THROTTLED,
            # Entries of messages that came in time: work to us, but no burden to the broker.
            ~quarantine.c.topic.contains("#"),
            quarantine.c.last_at >= since,
            _has_a_login,
        )
    )
    return [Tally(*row) for row in rows]


async def known(connection: AsyncConnection, *, now: datetime) -> Mapping[int, Suspension]:
    """By device: those in force, and those not forgotten."""
    row = device_suspension.c
    rows = await connection.execute(
        select(row.device_id, row.suspended_at, row.until, row.times, row.resumed_at).where(
            or_(row.resumed_at.is_(None), row.resumed_at > now - FORGOTTEN_AFTER)
        )
    )
    return {device_id: Suspension(*rest) for device_id, *rest in rows}


async def keep(connection: AsyncConnection, suspensions: Mapping[int, Suspension]) -> None:
    """The last of each device; whatever was kept of it before goes."""
    for device_id, one in suspensions.items():
        fresh = {
            "suspended_at": one.suspended_at,
            "until": one.until,
            "times": one.times,
            "resumed_at": one.resumed_at,
        }
        await connection.execute(
            insert(device_suspension)
            .values(device_id=device_id, **fresh)
            .on_conflict_do_update(index_elements=[device_suspension.c.device_id], set_=fresh)
        )


async def usernames_in_force(connection: AsyncConnection) -> Sequence[str]:
    """Whom the broker must refuse, though their passwords are right."""
    rows = await connection.scalars(
        select(device_credential.c.username)
        .join_from(device_suspension, device)
        .join(device_credential, device_credential.c.device_id == device.c.id)
        .where(device_suspension.c.resumed_at.is_(None), _MAY_LOG_IN)
        .order_by(device_credential.c.username)
    )
    return rows.all()


async def names_of(connection: AsyncConnection, device_ids: Iterable[int]) -> Mapping[int, str]:
    """The first name at the broker of each of these devices that may log in."""
    rows = await connection.execute(
        select(device.c.id, device_credential.c.username)
        .join_from(device, device_credential)
        .where(device.c.id.in_(list(device_ids)), _MAY_LOG_IN)
    )
    return {row.id: topics.owner(row.username) for row in rows}


async def usernames(
    connection: AsyncConnection, device_ids: Iterable[int], *, now: datetime
) -> Sequence[str]:
    """All those under which these devices may log in now."""
    rows = await connection.scalars(
        select(device_credential.c.username)
        .join_from(device, device_credential)
        .where(device.c.id.in_(list(device_ids)), _MAY_LOG_IN)
        # One that is to begin later waits at the broker, disabled as well.
        .where(device_credential.c.not_before <= now)
        .order_by(device_credential.c.username)
    )
    return rows.all()


async def resume(
    connection: AsyncConnection, device_ids: Iterable[int], *, now: datetime
) -> frozenset[int]:
    """Those that were out until now; whoever is not told has been let in already, or may not be."""
    rows = await connection.scalars(
        update(device_suspension)
        .where(
            device_suspension.c.device_id.in_(list(device_ids)),
            device_suspension.c.resumed_at.is_(None),
            device_suspension.c.until <= now,
        )
        .values(resumed_at=now)
        .returning(device_suspension.c.device_id)
    )
    return frozenset(rows)


async def lift(connection: AsyncConnection, device_id: int, *, now: datetime) -> frozenset[int]:
    """The device, if it was out: however long that was to last."""
    rows = await connection.scalars(
        update(device_suspension)
        .where(device_suspension.c.device_id == device_id, device_suspension.c.resumed_at.is_(None))
        .values(resumed_at=now)
        .returning(device_suspension.c.device_id)
    )
    return frozenset(rows)
