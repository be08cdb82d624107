"""A night as its page shows it: zones by hours, and what it says of each: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.api.coverage.facts import Zone
from services.api.rounds.night import Facts, rounds_of
from services.api.rounds.schemas import RoundsOut, RoundZoneOut
from shared.domain.intervals import Span, Spans, intersect, normal
from shared.domain.rounds import night_at

HOUR: Final = timedelta(hours=1)
_INSTANT: Final = timedelta(microseconds=1)
#: What a night is, where nothing says otherwise: from 18:00 to 6:00, counted from noon.
_USUALLY: Final = range(6, 18)


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour in a zone: who came by at which minute, and whether somebody should have."""

    times: tuple[str, ...]
    is_missed: bool
    is_required: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A zone's night."""

    zone: str
    name: str
    max_gap: timedelta | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody came by, in words."""

    at: datetime
    zone: str
    point: str
    who: str
    note: str


@dataclass(frozen=True, slots=True)
class Due:
    """By when somebody must come by next."""

    name: str
    at: datetime
    last_at: datetime | None
    is_over: bool


@dataclass(frozen=True, slots=True)
class Missed:
    """Nobody came by."""

    name: str
    start: datetime
    due_at: datetime
    end: datetime | None
    incident: int | None


@dataclass(frozen=True, slots=True)
class Nights:
    """The night that is looked at, and those beside it."""

    asked: date
    tonight: date

    @property
    def before(self) -> date:
        return self.asked - timedelta(days=1)

    @property
    def next_day(self) -> date:
        return self.asked + timedelta(days=1)

    @property
    def after(self) -> date | None:
        return self.next_day if self.asked < self.tonight else None

    @property
    def is_tonight(self) -> bool:
        return self.asked == self.tonight


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything of the page."""

    nights: Nights
    hours: tuple[str, ...]
    rows: tuple[Row, ...]
    due: tuple[Due, ...]
    missed: tuple[Missed, ...]
    came: tuple[Came, ...]


@dataclass(frozen=True, slots=True)
class _Pen:
    """By which clock a night is drawn, and up to when."""

    zone: str
    now: datetime


def picture(facts: Facts, told: RoundsOut, zone: str, *, now: datetime) -> Picture:
    required = {one.code: _required(one, facts.window) for one in facts.zones}
    hours = _hours(told, required.values())
    pen = _Pen(zone, now)
    points = {one.code: one.name for one in facts.points}
    return Picture(
        nights=Nights(facts.night, night_at(now, zone)),
        hours=tuple(f"{start.astimezone(ZoneInfo(zone)):%H}" for start, _ in hours),
        rows=tuple(_row(one, hours, required[one.zone], pen) for one in told.zones),
        due=_due(told, now),
        missed=tuple(
            Missed(one.name, hole.start, hole.due_at, hole.end, hole.incident)
            for one in told.zones
            for hole in one.missed
        ),
        came=_came(told, points),
    )


def _due(told: RoundsOut, now: datetime) -> tuple[Due, ...]:
    """Who is to come soonest comes first."""
    found = [
        Due(one.name, one.due_at, one.last_at, one.due_at <= now)
        for one in told.zones
        if one.due_at is not None
    ]
    return tuple(sorted(found, key=lambda due: due.at))


def _came(told: RoundsOut, points: dict[str, str]) -> tuple[Came, ...]:
    """The newest first."""
    found = [
        Came(
            visit.checked_at,
            one.name,
            points.get(visit.device, visit.device),
            visit.who or "",
            visit.note,
        )
        for one in told.zones
        for visit in one.visits
    ]
    return tuple(sorted(found, key=lambda came: came.at, reverse=True))


def _required(zone: Zone, window: Span[datetime]) -> Spans[datetime]:
    """When somebody had to come by."""
    terms = normal((one.valid_from, one.valid_to or window[1]) for one in rounds_of(zone))
    return intersect(terms, (window,))


def _hours(told: RoundsOut, required: Iterable[Spans[datetime]]) -> list[Span[datetime]]:
    """From the first in which anything was asked or done to the last; or a usual night."""
    every = [(told.start + HOUR * n, told.start + HOUR * (n + 1)) for n in range(_hours_of(told))]
    busy = [
        *(span for spans in required for span in spans),
        *((v.checked_at, v.checked_at + _INSTANT) for one in told.zones for v in one.visits),
    ]
    used = [n for n, hour in enumerate(every) if intersect(normal(busy), (hour,))]
    first, last = (used[0], used[-1]) if used else (_USUALLY.start, _USUALLY.stop - 1)
    return every[first : last + 1]


def _hours_of(told: RoundsOut) -> int:
    """Twenty-four, but for the nights in which clocks are changed."""
    return round((told.end - told.start) / HOUR)


def _row(
    told: RoundZoneOut, hours: Sequence[Span[datetime]], required: Spans[datetime], pen: _Pen
) -> Row:
    missed = normal((one.due_at, one.end or pen.now) for one in told.missed)
    return Row(
        zone=told.zone,
        name=told.name,
        max_gap=None if told.max_gap_s is None else timedelta(seconds=told.max_gap_s),
        cells=tuple(
            Cell(
                times=tuple(
                    f"{one.checked_at.astimezone(ZoneInfo(pen.zone)):%H:%M}"
                    for one in told.visits
                    if hour[0] <= one.checked_at < hour[1]
                ),
                is_missed=bool(intersect(missed, (hour,))),
                is_required=bool(intersect(required, (hour,))),
            )
            for hour in hours
        ),
    )
