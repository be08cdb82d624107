"""Time limits in working days."""

from datetime import date, timedelta
from typing import Final

from shared.domain.holidays import Holidays

_SATURDAY: Final = 5


def after_working_days(start: date, days: int, *, holidays: Holidays) -> date:
    """The last of so many working days that follow `start`."""
    day, left = start, days
    while left > 0:
        day += timedelta(days=1)
        if is_working_day(day, holidays=holidays):
            left -= 1
    return day


def is_working_day(day: date, *, holidays: Holidays) -> bool:
    """A Saturday that was exchanged for a day off is one."""
    if day in holidays.off:
        return False
    return day.weekday() < _SATURDAY or day in holidays.worked
