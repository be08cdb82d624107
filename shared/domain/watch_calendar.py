"""When a week's hours require a watch: local hours, over midnight too, and on public holidays.

The hours that begin on a day are that day's, also where they end on the next one. On a holiday the
day's own hours give way to what the calendar says of holidays; those of the evening before go on.

    Mon–Fri 22:00–06:00, off on holidays; Wednesday is one:
    Tue 22:00 ━━━━━━━ Wed 06:00            Thu 22:00 ━━━━━━━ Fri 06:00
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.holidays import Holidays
from shared.domain.intervals import Span, Spans, normal
from shared.domain.schedule import local_day

_DAY: Final = timedelta(days=1)
#: So far beyond a window days are looked at, and so their holidays must be known.
MARGIN_DAYS: Final = timedelta(days=2)
_SUNDAY: Final = 6


class OnHolidays(StrEnum):
    """What becomes of a day's hours if it is a public holiday."""

    AS_USUAL = "as_usual"
    AS_SUNDAY = "as_sunday"
    OFF = "off"
    ALL_DAY = "all_day"


@dataclass(frozen=True, slots=True)
class Hours:
    """From a local time to the next local time `until`; if they are the same, a whole day."""

    days: tuple[int, ...]
    start: time
    until: time

    def span(self, day: date, zone: str) -> Span[datetime]:
        """Those that begin on a day. A time that the clock skips is taken an hour later."""
        ends_on = day if self.start < self.until else day + _DAY
        return _instant(day, self.start, zone), _instant(ends_on, self.until, zone)


@dataclass(frozen=True, slots=True)
class WatchCalendar:
    """The hours of a week, Monday being 0, and what holds on public holidays."""

    weekly: tuple[Hours, ...]
    on_holidays: OnHolidays = OnHolidays.AS_USUAL

    def hours_of(self, day: date, holidays: Holidays) -> tuple[Hours, ...]:
        """Those that begin on a day."""
        weekday = day.weekday()
        if day in holidays.off:
            match self.on_holidays:
                case OnHolidays.OFF:
                    return ()
                case OnHolidays.ALL_DAY:
                    return (_ALL_DAY,)
                case OnHolidays.AS_SUNDAY:
                    weekday = _SUNDAY
                case OnHolidays.AS_USUAL:
                    pass
        return tuple(hours for hours in self.weekly if weekday in hours.days)


_ALL_DAY: Final = Hours(tuple(range(7)), time(), time())


def required(
    calendar: WatchCalendar, window: Span[datetime], *, zone: str, holidays: Holidays
) -> Spans[datetime]:
    """Every span that has a part in the window, whole: it may begin before it, and end after it.

    What has no end, like all hours of the week, reaches at least a day beyond the window.
    """
    first, last = local_day(window[0], zone) - MARGIN_DAYS, local_day(window[1], zone) + MARGIN_DAYS
    spans = _expanded(calendar, first, last, zone, holidays.within(first, last))
    return tuple(span for span in spans if span[0] < window[1] and window[0] < span[1])


@lru_cache(maxsize=4096)
def _expanded(
    calendar: WatchCalendar, first: date, last: date, zone: str, holidays: Holidays
) -> Spans[datetime]:
    """Asked with the same days at every tick of a day."""
    return normal(
        hours.span(day, zone)
        for day in _days(first, last)
        for hours in calendar.hours_of(day, holidays)
    )


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _DAY


def _instant(day: date, at: time, zone: str) -> datetime:
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
