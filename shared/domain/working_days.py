"""Time limits in working days."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

#: Month and day of what is off every year; lunar holidays differ and are given.
FIXED_HOLIDAYS: Final = frozenset({(1, 1), (4, 30), (5, 1), (9, 2)})
_SATURDAY: Final = 5


def after_working_days(start: date, days: int, *, holidays: Collection[date] = ()) -> date:
    """The last of so many working days that follow `start`."""
    day, left = start, days
    while left > 0:
        day += timedelta(days=1)
        if is_working_day(day, holidays=holidays):
            left -= 1
    return day


def is_working_day(day: date, *, holidays: Collection[date] = ()) -> bool:
    is_off = (day.month, day.day) in FIXED_HOLIDAYS or day in holidays
    return day.weekday() < _SATURDAY and not is_off
