"""Calendars of requirements and decided holidays, from their tables to what the domain knows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.requirements import holiday
from shared.domain.holidays import Decision, HolidayKind
from shared.domain.watch_calendar import Hours, OnHolidays, WatchCalendar


def calendar_of(weekly: Iterable[Mapping[str, Any]], on_holidays: str) -> WatchCalendar:
    """Of a row of `watch_calendar`."""
    hours = tuple(
        Hours(tuple(one["days"]), time.fromisoformat(one["from"]), time.fromisoformat(one["to"]))
        for one in weekly
    )
    return WatchCalendar(hours, OnHolidays(on_holidays))


def weekly_of(calendar: WatchCalendar) -> list[dict[str, Any]]:
    """For the column `weekly`."""
    return [
        {"days": list(one.days), "from": f"{one.start:%H:%M}", "to": f"{one.until:%H:%M}"}
        for one in calendar.weekly
    ]


async def holiday_decisions(connection: AsyncConnection) -> Sequence[Decision]:
    """All that hold: a few a year."""
    rows = await connection.execute(
        select(holiday.c.day, holiday.c.kind)
        .where(holiday.c.withdrawn_at.is_(None))
        .order_by(holiday.c.day)
    )
    return [Decision(day, HolidayKind(kind)) for day, kind in rows]
