"""From requests to the days of a month, each with what falls on it: pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from services.api.approvals.queries import Request
from services.api.problems import MissingError
from shared.domain import approvals, exemptions
from shared.domain.approvals import State
from shared.domain.intervals import Span, Spans, intersect
from shared.domain.schedule import local_day, midnight

ONE_DAY: Final = timedelta(days=1)
FIRST: Final = date(2020, 1, 1)
LAST: Final = date(2100, 1, 1)


class Mood(StrEnum):
    """How something on a day looks."""

    NOW = "now"
    PLANNED = "planned"
    ASKED = "asked"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one request means for one day: from when to when of it."""

    request: Request
    span: Span[datetime]
    mood: Mood
    #: It began on a day before, or goes on on the next one.
    from_before: bool
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Month:
    """Whole weeks from Monday to Sunday."""

    first: date

    @property
    def weeks(self) -> Sequence[Sequence[date]]:
        day = self.first - ONE_DAY * self.first.weekday()
        found = []
        while day < self.after:
            found.append([day + ONE_DAY * n for n in range(7)])
            day += 7 * ONE_DAY
        return found

    @property
    def after(self) -> date:
        return (self.first + 31 * ONE_DAY).replace(day=1)

    @property
    def before(self) -> date:
        return (self.first - ONE_DAY).replace(day=1)

    def span(self, zone: str) -> Span[datetime]:
        weeks = self.weeks
        return midnight(weeks[0][0], zone), midnight(weeks[-1][-1] + ONE_DAY, zone)


def month_of(text: str | None, *, today: date) -> Month:
    """`2026-11`, or this month."""
    if text is None:
        return Month(today.replace(day=1))
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as exc:
        raise MissingError("month") from exc
    if not FIRST <= first < LAST:
        raise MissingError("month")
    return Month(first)


def by_day(
    requests: Sequence[Request], month: Month, zone: str, *, now: datetime
) -> Mapping[date, Sequence[Entry]]:
    """Each day's entries, in order of time."""
    found: dict[date, list[Entry]] = defaultdict(list)
    for request in requests:
        for span in times_of(request, month.span(zone), now=now):
            day = local_day(span[0], zone)
            while (start := midnight(day, zone)) < span[1]:
                found[day].append(
                    _entry(request, span, (start, midnight(day + ONE_DAY, zone)), now)
                )
                day += ONE_DAY
    return {
        day: sorted(entries, key=lambda entry: (entry.span, entry.request.id))
        for day, entries in found.items()
    }


def times_of(request: Request, within: Span[datetime], *, now: datetime) -> Spans[datetime]:
    """When it holds, or, while nobody has decided, when it would."""
    it = request.approval
    if approvals.state(it, now=now) is State.REQUESTED and it.window is not None:
        return intersect(it.window.times(*within), (within,))
    # A correction holds at no time: it stands where it excuses.
    return exemptions.held(it, within) or exemptions.excuses(it, within)


def _entry(request: Request, span: Span[datetime], day: Span[datetime], now: datetime) -> Entry:
    part = (max(span[0], day[0]), min(span[1], day[1]))
    return Entry(request, part, _mood(request, span, now), span[0] < day[0], span[1] > day[1])


def _mood(request: Request, span: Span[datetime], now: datetime) -> Mood:
    if request.approval.decision is None:
        return Mood.ASKED
    if now >= span[1]:
        return Mood.OVER
    return Mood.NOW if now >= span[0] else Mood.PLANNED
