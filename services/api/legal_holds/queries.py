"""Legal holds: those on record, and how one begins and ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.legal_holds.schemas import HoldIn, HoldOut
from shared.db.names import name_of
from shared.db.tables.registry import facility
from shared.db.tables.retention import legal_hold
from shared.domain.access import Scope


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold, as far as its release goes."""

    is_of_everything: bool
    is_released: bool


async def page(
    connection: AsyncConnection,
    scope: Scope,
    *,
    before: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[HoldOut]:
    """Newest first. What holds everything holds what is in any scope, too."""
    statement = _shown().where(_seen_in(scope))
    if before is not None:
        statement = statement.where(tuple_(legal_hold.c.placed_at, legal_hold.c.id) < before)
    rows = await connection.execute(
        statement.order_by(legal_hold.c.placed_at.desc(), legal_hold.c.id.desc()).limit(limit)
    )
    return [HoldOut.model_validate(dict(row)) for row in rows.mappings()]


async def shown(connection: AsyncConnection, hold_id: int) -> HoldOut:
    row = (await connection.execute(_shown().where(legal_hold.c.id == hold_id))).mappings().one()
    return HoldOut.model_validate(dict(row))


def _shown() -> Select[Any]:
    return select(
        legal_hold.c.id,
        facility.c.code.label("facility"),
        legal_hold.c.first_day,
        legal_hold.c.last_day,
        legal_hold.c.reason,
        name_of(legal_hold.c.placed_by).label("placed_by"),
        legal_hold.c.placed_at,
        name_of(legal_hold.c.released_by).label("released_by"),
        legal_hold.c.released_at,
        legal_hold.c.release_reason,
    ).outerjoin_from(legal_hold, facility, facility.c.id == legal_hold.c.facility_id)


def _seen_in(scope: Scope) -> ColumnElement[bool]:
    return or_(legal_hold.c.facility_id.is_(None), within(scope))


async def one(connection: AsyncConnection, hold_id: int, scope: Scope) -> Hold | None:
    """Locked until the transaction ends, so that it is released once."""
    row = (
        await connection.execute(
            select(legal_hold.c.facility_id, legal_hold.c.released_at)
            .outerjoin_from(legal_hold, facility, facility.c.id == legal_hold.c.facility_id)
            .where(legal_hold.c.id == hold_id, _seen_in(scope))
            .with_for_update(of=legal_hold)
        )
    ).one_or_none()
    return Hold(row.facility_id is None, row.released_at is not None) if row else None


async def place(
    connection: AsyncConnection,
    given: HoldIn,
    *,
    facility_id: int | None,
    user_id: int,
    now: datetime,
) -> int:
    """Waits for a purge that is under way: once placed, nothing of it goes any more."""
    placed = await connection.execute(
        insert(legal_hold)
        .values(
            facility_id=facility_id,
            first_day=given.first_day,
            last_day=given.last_day,
            reason=given.reason,
            placed_by=user_id,
            placed_at=now,
        )
        .returning(legal_hold.c.id)
    )
    hold_id: int = placed.scalar_one()
    return hold_id


async def release(
    connection: AsyncConnection, hold_id: int, *, reason: str, user_id: int, now: datetime
) -> None:
    await connection.execute(
        update(legal_hold)
        .where(legal_hold.c.id == hold_id)
        .values(released_by=user_id, released_at=now, release_reason=reason)
    )
