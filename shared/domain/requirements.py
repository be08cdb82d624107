"""Dated requirements with their calendars, taken apart into the spans in which something binds."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from shared.domain.gaps import Requirement
from shared.domain.holidays import NO_HOLIDAYS, Holidays
from shared.domain.intervals import Span, Spans, intersect, normal
from shared.domain.watch_calendar import WatchCalendar, required

_FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DatedRequirement:
    """As it is on record: in force between two instants, and within that by a calendar.

    Without a calendar it binds around the clock; where nobody is, nothing binds.
    """

    requirement: Requirement
    calendar: WatchCalendar | None = None
    is_occupied: bool = True

    @property
    def term(self) -> Span[datetime]:
        return self.requirement.valid_from, self.requirement.valid_to or _FAR_FUTURE


def pieces(
    dated: Iterable[DatedRequirement],
    window: Span[datetime],
    *,
    zone: str,
    holidays: Holidays = NO_HOLIDAYS,
) -> tuple[Requirement, ...]:
    """Whatever binds in the window, in order of time; each piece binds without a break.

    A piece is whole, also beyond the window, so that one is judged by all of its length.
    """
    found = [
        piece
        for one in dated
        if max(one.term[0], window[0]) < min(one.term[1], window[1])
        for piece in _pieces(one, window, zone, holidays)
    ]
    return tuple(sorted(found, key=lambda piece: piece.valid_from))


def _pieces(
    one: DatedRequirement, window: Span[datetime], zone: str, holidays: Holidays
) -> list[Requirement]:
    if not one.is_occupied:
        return []
    if one.calendar is None:
        return [one.requirement]
    spans = required(one.calendar, window, zone=zone, holidays=holidays)
    return [
        replace(one.requirement, valid_from=start, valid_to=end)
        for start, end in intersect(spans, (one.term,))
    ]


def in_force(dated: Iterable[DatedRequirement]) -> Spans[datetime]:
    """When anything was on record as required, whatever the calendar says."""
    return normal(one.term for one in dated)
