"""Every statement about decisions on holidays."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.calendars.holidays.schemas import DecisionIn, DecisionOut
from shared.db.tables.requirements import holiday


def _holding() -> Select[Any]:
    columns = (holiday.c[name] for name in DecisionOut.model_fields)
    return select(*columns).where(holiday.c.withdrawn_at.is_(None))


async def between(connection: AsyncConnection, first: date, last: date) -> Sequence[DecisionOut]:
    rows = await connection.execute(
        _holding().where(holiday.c.day.between(first, last)).order_by(holiday.c.day)
    )
    return [DecisionOut.model_validate(dict(row)) for row in rows.mappings()]


async def one(connection: AsyncConnection, decision_id: int) -> DecisionOut | None:
    rows = await connection.execute(_holding().where(holiday.c.id == decision_id))
    row = rows.mappings().one_or_none()
    return DecisionOut.model_validate(dict(row)) if row else None


async def record(
    connection: AsyncConnection, given: DecisionIn, *, by: int, now: datetime
) -> int | None:
    """Its number; nothing, if another decision about that day holds."""
    found: int | None = await connection.scalar(
        upsert(holiday)
        .values(**given.model_dump(), recorded_at=now, recorded_by=by)
        .on_conflict_do_nothing(
            index_elements=[holiday.c.day], index_where=holiday.c.withdrawn_at.is_(None)
        )
        .returning(holiday.c.id)
    )
    return found


async def withdraw(
    connection: AsyncConnection, decision_id: int, *, by: int, now: datetime
) -> None:
    await connection.execute(
        update(holiday)
        .where(holiday.c.id == decision_id, holiday.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_by=by)
    )
