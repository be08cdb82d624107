"""When each calendar in use requires a watch, around the stretch that is judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.requirements import queries
from services.alerts.requirements.queries import Asked, Used
from shared.db.watch_calendars import holiday_decisions
from shared.domain.gaps import Requirement
from shared.domain.holidays import Decision
from shared.domain.intervals import Span
from shared.domain.requirements import pieces
from shared.domain.schedule import local_day
from shared.domain.watch_calendar import MARGIN_DAYS, required
from shared.runtime import public_holidays


@dataclass(frozen=True, slots=True)
class RequiredHours:
    """Hours of a calendar on the clock of one time zone, as instants."""

    calendar_id: int
    time_zone: str
    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class Agenda:
    """The calendars in use, and the decisions about holidays."""

    used: Sequence[Used] = ()
    decisions: Sequence[Decision] = ()

    def hours(self, window: Span[datetime]) -> list[RequiredHours]:
        """Of every calendar, what has a part in the window."""
        return [
            RequiredHours(one.id, one.time_zone, start_at, end_at)
            for one in self.used
            for start_at, end_at in required(
                one.calendar,
                window,
                zone=one.time_zone,
                holidays=public_holidays.between(*_days(window, one.time_zone), self.decisions),
            )
        ]

    def binding(self, asked: Asked, window: Span[datetime]) -> tuple[Requirement, ...]:
        """What binds in a zone in the window, piece by piece."""
        days = _days(window, asked.time_zone)
        holidays = public_holidays.between(*days, self.decisions)
        return pieces(asked.dated, window, zone=asked.time_zone, holidays=holidays)


def _days(window: Span[datetime], zone: str) -> tuple[date, date]:
    return (
        local_day(window[0], zone) - MARGIN_DAYS,
        local_day(window[1], zone) + MARGIN_DAYS,
    )


async def agenda(connection: AsyncConnection, *, since: datetime) -> Agenda:
    """Nothing is asked about holidays while no calendar was ever in use."""
    used = await queries.calendars_in_use(connection, since=since)
    if not used:
        return Agenda()
    return Agenda(used, await holiday_decisions(connection))
