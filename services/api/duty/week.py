"""A week of the rota as a page shows it: a row for each role, a column for each day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.api.duty.schemas import ShiftOut
from shared.domain.schedule import COUNTRY_TIME_ZONE, midnight

DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Week:
    """Monday to Sunday on the country's clock."""

    monday: date

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=number) for number in range(DAYS)]

    @property
    def begin(self) -> datetime:
        return midnight(self.monday, COUNTRY_TIME_ZONE)

    @property
    def end(self) -> datetime:
        return midnight(self.monday + timedelta(days=DAYS), COUNTRY_TIME_ZONE)

    @property
    def before(self) -> date:
        return self.monday - timedelta(days=DAYS)

    @property
    def after(self) -> date:
        return self.monday + timedelta(days=DAYS)


def week_of(day: date) -> Week:
    return Week(day - timedelta(days=day.weekday()))


def wanted(text: str, today: date) -> Week:
    """The week of a day that somebody typed, or this one."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    is_near = abs(day - today) < timedelta(days=3660)
    return week_of(day if is_near else today)


@dataclass(frozen=True, slots=True)
class Entry:
    """One shift in the cell of a day; `begins` and `ends` are times of the local clock."""

    shift: ShiftOut
    begins: str
    ends: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A role, and for each day whoever begins or goes on then."""

    role: str
    cells: Sequence[Sequence[Entry]]


def rows(shifts: Sequence[ShiftOut], week: Week, now: datetime) -> list[Row]:
    """Each shift stands on the day it begins; one from before the week on its first day."""
    roles = sorted({shift.role for shift in shifts})
    return [Row(role, [_cell(shifts, role, day, week, now) for day in week.days]) for role in roles]


def _cell(
    shifts: Sequence[ShiftOut], role: str, day: date, week: Week, now: datetime
) -> list[Entry]:
    own = [one for one in shifts if one.role == role and _day_of(one, week) == day]
    return [_entry(one, now) for one in sorted(own, key=lambda one: (one.starts_at, one.id))]


def _day_of(shift: ShiftOut, week: Week) -> date:
    return max(_local(shift.starts_at).date(), week.monday)


def _entry(shift: ShiftOut, now: datetime) -> Entry:
    begins, ends = _local(shift.starts_at), _local(shift.ends_at)
    return Entry(shift, f"{begins:%H:%M}", f"{ends:%H:%M}", shift.starts_at <= now < shift.ends_at)


def _local(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(COUNTRY_TIME_ZONE))


def on_duty(shifts: Sequence[ShiftOut], at: datetime) -> list[ShiftOut]:
    """Principals first."""
    now = [one for one in shifts if one.starts_at <= at < one.ends_at]
    return sorted(now, key=lambda one: (one.role, one.is_deputy, one.name))
