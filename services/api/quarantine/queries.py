"""What could not be credited, what is kept of it, and who asked to count it anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, insert, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.quarantine.obstacles import obstacle_to
from services.api.quarantine.schemas import QuarantinedOut, ReplayOut
from shared.db.tables.coverage import quarantine, quarantine_message
from shared.db.tables.registry import facility, replay_request
from shared.domain.access import Scope
from shared.domain.states import Refusal

_ENTRY = (
    quarantine.c.id,
    quarantine.c.reason,
    quarantine.c.topic,
    quarantine.c.facility_code.label("facility"),
    quarantine.c.device_code.label("device"),
    quarantine.c.sample,
    quarantine.c.count,
    quarantine.c.first_at,
    quarantine.c.last_at,
)


@dataclass(frozen=True, slots=True)
class Home:
    """A facility that messages were set aside of."""

    code: str
    name: str


async def page(
    connection: AsyncConnection,
    scope: Scope,
    *,
    facility_code: str | None,
    reason: Refusal | None,
    before: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[QuarantinedOut]:
    """Newest first."""
    statement = select(*_ENTRY).where(_seen_in(scope))
    if facility_code is not None:
        statement = statement.where(quarantine.c.facility_code == facility_code)
    if reason is not None:
        statement = statement.where(quarantine.c.reason == reason)
    if before is not None:
        statement = statement.where(tuple_(quarantine.c.last_at, quarantine.c.id) < before)
    rows = await connection.execute(
        statement.order_by(quarantine.c.last_at.desc(), quarantine.c.id.desc()).limit(limit)
    )
    return [QuarantinedOut.model_validate(dict(row)) for row in rows.mappings()]


async def one(connection: AsyncConnection, entry_id: int, scope: Scope) -> QuarantinedOut | None:
    rows = await connection.execute(
        select(*_ENTRY).where(quarantine.c.id == entry_id, _seen_in(scope))
    )
    row = rows.mappings().one_or_none()
    return QuarantinedOut.model_validate(dict(row)) if row else None


async def replay(connection: AsyncConnection, entry: QuarantinedOut) -> ReplayOut:
    """How much of an entry is kept, and how far the replays asked for are."""
    row = (await connection.execute(_replay(entry.id))).mappings().one()
    return ReplayOut(obstacle=obstacle_to(entry.reason, entry.topic, kept=row["kept"]), **row)


def _replay(entry_id: int) -> Select[Any]:
    kept = (
        select(
            func.count().label("kept"),
            func.coalesce(func.sum(func.octet_length(quarantine_message.c.payload)), 0).label(
                "kept_bytes"
            ),
            func.min(quarantine_message.c.received_at).label("oldest_at"),
            func.max(quarantine_message.c.received_at).label("newest_at"),
        )
        .where(quarantine_message.c.quarantine_id == entry_id)
        .subquery("kept")
    )
    requested_at = (
        select(func.max(replay_request.c.requested_at))
        .where(
            replay_request.c.quarantine_id == quarantine.c.id,
            replay_request.c.id > quarantine.c.served_request_id,
        )
        .scalar_subquery()
    )
    return (
        select(
            *kept.c,
            requested_at.label("requested_at"),
            quarantine.c.replayed,
            quarantine.c.replayed_at,
        )
        .select_from(quarantine.join(kept, onclause=true()))
        .where(quarantine.c.id == entry_id)
    )


async def request_replay(
    connection: AsyncConnection, entry_id: int, user_id: int, *, now: datetime
) -> None:
    await connection.execute(
        insert(replay_request).values(quarantine_id=entry_id, user_id=user_id, requested_at=now)
    )


async def homes(connection: AsyncConnection, scope: Scope) -> Sequence[Home]:
    """The facilities in a scope that messages were set aside of, by name."""
    rows = await connection.execute(
        select(facility.c.code, facility.c.name)
        .where(within(scope), exists().where(quarantine.c.facility_code == facility.c.code))
        .order_by(facility.c.name, facility.c.code)
    )
    return [Home(row.code, row.name) for row in rows]


async def home(connection: AsyncConnection, code: str | None) -> Home | None:
    row = (
        await connection.execute(
            select(facility.c.code, facility.c.name).where(facility.c.code == code)
        )
    ).one_or_none()
    return Home(row.code, row.name) if row else None


def _seen_in(scope: Scope) -> ColumnElement[bool]:
    """What names no facility on record is seen only by those who see everything."""
    if scope.is_everywhere:
        return true()
    return exists().where(facility.c.code == quarantine.c.facility_code, within(scope))
