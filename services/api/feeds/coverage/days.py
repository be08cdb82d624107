"""Which days of which facilities belong on a page: pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice

from services.api.feeds.coverage.queries import House
from services.api.feeds.facts import DayWindow
from shared.domain.schedule import local_day, midnight

_DAY = timedelta(days=1)
#: No hole across midnight is tolerated for longer, so what a day shows hangs on its neighbours.
_AROUND = 1


def to_tell(
    houses: Sequence[House],
    asked: DayWindow,
    *,
    changed: Iterable[tuple[int, date]],
    blind: Sequence[tuple[datetime, datetime]],
) -> list[tuple[House, date]]:
    """By facility and day, from where the last page ended."""
    touched = {
        (facility_id, day + timedelta(days=shift))
        for facility_id, day in changed
        for shift in range(-_AROUND, _AROUND + 1)
    }
    places = (
        (house, day)
        for house in houses
        for day in _days(house, asked)
        if (house.facility.id, day) in touched or _must_be_told(house, day, asked, blind)
    )
    return list(islice(places, asked.window.limit))


def _days(house: House, asked: DayWindow) -> Iterator[date]:
    """The days that are over and known as a whole, while the facility was on record."""
    zone, facility = house.facility.time_zone, house.facility
    day = max(asked.from_day, local_day(facility.registered_at, zone))
    last = facility.retired_at and local_day(facility.retired_at, zone)
    after = asked.window.after
    if after is not None and after[0] == facility.id:
        day = max(day, date.fromisoformat(after[1]) + _DAY)
    while midnight(day + _DAY, zone) <= asked.known_until and (last is None or day <= last):
        yield day
        day += _DAY


def _must_be_told(
    house: House,
    day: date,
    asked: DayWindow,
    blind: Sequence[tuple[datetime, datetime]],
) -> bool:
    if asked.window.is_whole or house.is_changed or asked.known_before is None:
        return True
    zone = house.facility.time_zone
    end = midnight(day + _DAY, zone)
    # A hole that lasted at midnight is judged once it is longer than it may be.
    if end + house.longest_gap > asked.known_before:
        return True
    first, last = midnight(day - _AROUND * _DAY, zone), end + _AROUND * _DAY
    return any(from_at < last and to_at > first for from_at, to_at in blind)
