"""Every statement about credentials of devices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.credentials.schemas import ReplacementOut
from shared.contracts.dynsec import Secret
from shared.db.tables.enrolment import device_replacement
from shared.db.tables.registry import device_credential as kept
from shared.domain.credentials import Ending, Term


@dataclass(frozen=True, slots=True)
class Credential:
    """One on record."""

    id: int
    number: int
    username: str
    created_at: datetime
    term: Term
    ended_because: Ending | None


@dataclass(frozen=True, slots=True)
class New:
    """One to put on record."""

    number: int
    username: str
    secret: Secret
    term: Term


_SHOWN = (
    kept.c.id,
    kept.c.number,
    kept.c.username,
    kept.c.created_at,
    kept.c.not_before,
    kept.c.not_after,
    kept.c.revoked_at,
    kept.c.ended_because,
)


def _credential(row: RowMapping) -> Credential:
    because = row["ended_because"]
    return Credential(
        id=row["id"],
        number=row["number"],
        username=row["username"],
        created_at=row["created_at"],
        term=Term(row["not_before"], row["not_after"], row["revoked_at"]),
        ended_because=Ending(because) if because else None,
    )


async def page(
    connection: AsyncConnection, device_id: int, *, before: tuple[datetime, int] | None, limit: int
) -> Sequence[Credential]:
    """Newest first."""
    asked = select(*_SHOWN).where(kept.c.device_id == device_id)
    if before is not None:
        asked = asked.where(tuple_(kept.c.created_at, kept.c.id) < before)
    rows = await connection.execute(
        asked.order_by(kept.c.created_at.desc(), kept.c.id.desc()).limit(limit)
    )
    return [_credential(row) for row in rows.mappings()]


async def not_ended(connection: AsyncConnection, device_id: int) -> Sequence[Credential]:
    """Those that hold or will, oldest first; one whose time has just come may be among them."""
    rows = await connection.execute(
        select(*_SHOWN)
        .where(kept.c.device_id == device_id, kept.c.revoked_at.is_(None))
        .order_by(kept.c.number)
    )
    return [_credential(row) for row in rows.mappings()]


async def numbered(connection: AsyncConnection, device_id: int, number: int) -> Credential | None:
    rows = await connection.execute(
        select(*_SHOWN).where(kept.c.device_id == device_id, kept.c.number == number)
    )
    row = rows.mappings().one_or_none()
    return _credential(row) if row else None


async def next_number(connection: AsyncConnection, device_id: int) -> int:
    """No name is given twice. The device's facility is locked."""
    last = await connection.scalar(
        select(func.max(kept.c.number)).where(kept.c.device_id == device_id)
    )
    return int(last or 0) + 1


async def add(connection: AsyncConnection, device_id: int, new: New, *, now: datetime) -> None:
    """The broker has been told of it: at once, or that it is to wait."""
    await connection.execute(
        insert(kept).values(
            device_id=device_id,
            number=new.number,
            username=new.username,
            salt=new.secret.salt,
            password_hash=new.secret.password_hash,
            iterations=new.secret.iterations,
            created_at=now,
            not_before=new.term.not_before,
            not_after=new.term.not_after,
            begun_at=now if new.term.not_before <= now else None,
        )
    )


async def limit(connection: AsyncConnection, ends: Mapping[int, datetime]) -> None:
    """From now on these hold until then."""
    for credential_id, not_after in ends.items():
        await connection.execute(
            update(kept).where(kept.c.id == credential_id).values(not_after=not_after)
        )


async def finish(
    connection: AsyncConnection, ids: Iterable[int], because: Ending, *, now: datetime
) -> None:
    """For good; what has ended once stays so since then."""
    await connection.execute(
        update(kept)
        .where(kept.c.id.in_(list(ids)), kept.c.revoked_at.is_(None))
        .values(revoked_at=now, ended_because=because)
    )


async def add_replacement(
    connection: AsyncConnection, device_id: int, *, user_id: int, reason: str, now: datetime
) -> None:
    await connection.execute(
        insert(device_replacement).values(
            device_id=device_id, replaced_by=user_id, reason=reason, replaced_at=now
        )
    )


async def replacements(connection: AsyncConnection, device_id: int) -> Sequence[ReplacementOut]:
    """Newest first. Hardware lasts for years: they are few."""
    row = device_replacement.c
    rows = await connection.execute(
        select(row.replaced_at, row.reason)
        .where(row.device_id == device_id)
        .order_by(row.id.desc())
        .limit(100)
    )
    return [ReplacementOut(replaced_at=one.replaced_at, reason=one.reason) for one in rows]
