"""Hours of a week in a few words: pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.api.calendars.schemas import CalendarOut, HoursIO
from shared.domain.watch_calendar import OnHolidays
from shared.i18n import Translator, marked

#: Monday first.
DAYS: Final = (
    marked("Mon"), marked("Tue"), marked("Wed"), marked("Thu"), marked("Fri"), marked("Sat"),
    marked("Sun"),
)  # fmt: skip
ON_HOLIDAYS: Final[Mapping[str, str]] = {
    OnHolidays.AS_USUAL: marked("public holidays like any day"),
    OnHolidays.AS_SUNDAY: marked("public holidays like a Sunday"),
    OnHolidays.OFF: marked("not on public holidays"),
    OnHolidays.ALL_DAY: marked("all day on public holidays"),
}
_WEEK: Final = 7


def week_of(calendar: CalendarOut, t: Translator) -> list[str]:
    """A line for each of its hours."""
    return [f"{days_of(one.days, t)}: {hours_of(one, t)}" for one in calendar.weekly]


def hours_of(one: HoursIO, t: Translator) -> str:
    if one.start == one.until == "00:00":
        return t.gettext("all day")
    return f"{one.start} – {one.until}"


def days_of(days: Sequence[int], t: Translator) -> str:
    """`Mon – Fri, Sun`."""
    if len(days) == _WEEK:
        return t.gettext("every day")
    return ", ".join(
        t.gettext(DAYS[first])
        if first == last
        else f"{t.gettext(DAYS[first])} – {t.gettext(DAYS[last])}"
        for first, last in _runs(days)
    )


def _runs(days: Sequence[int]) -> list[tuple[int, int]]:
    """Three days in a row and more are told by the first and the last of them."""
    runs: list[tuple[int, int]] = []
    for day in days:
        if runs and runs[-1][1] == day - 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    told: list[tuple[int, int]] = []
    for first, last in runs:
        is_long = last - first > 1
        told += [(first, last)] if is_long else [(day, day) for day in range(first, last + 1)]
    return told
