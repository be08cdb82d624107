"""When offices are staffed: Monday to Friday, morning and afternoon, not on public holidays."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.holidays import NO_HOLIDAYS, Holidays
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.domain.working_days import is_working_day


class Hours(StrEnum):
    """When a step of a ladder is taken."""

    ANY = "any"
    OFFICE = "office"
    OFF_HOURS = "off_hours"


#: On the local clock, half-open.
SITTINGS: Final = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 0)))
#: No row of holidays is longer; if one were, it would be a mistake, and no reason to be silent.
_FARTHEST: Final = 30


def is_open(at: datetime, *, holidays: Holidays = NO_HOLIDAYS) -> bool:
    """Whether somebody sits in the office."""
    return any(start <= at < end for start, end in _sittings(_day(at), holidays))


def holds(hours: Hours, at: datetime, *, holidays: Holidays = NO_HOLIDAYS) -> bool:
    """Whether a moment lies within the hours."""
    if hours is Hours.ANY:
        return True
    return is_open(at, holidays=holidays) is (hours is Hours.OFFICE)


def next_within(hours: Hours, at: datetime, *, holidays: Holidays = NO_HOLIDAYS) -> datetime:
    """The first moment from then on that lies within the hours."""
    if holds(hours, at, holidays=holidays):
        return at
    first = _day(at)
    for offset in range(_FARTHEST):
        for start, end in _sittings(first + timedelta(days=offset), holidays):
            edge = start if hours is Hours.OFFICE else end
            if edge > at:
                return edge
    return at


def _day(at: datetime) -> date:
    return local_day(at, COUNTRY_TIME_ZONE)


def _sittings(day: date, holidays: Holidays) -> list[tuple[datetime, datetime]]:
    if not is_working_day(day, holidays=holidays):
        return []
    return [(_instant(day, start), _instant(day, end)) for start, end in SITTINGS]


def _instant(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(COUNTRY_TIME_ZONE)).astimezone(UTC)
