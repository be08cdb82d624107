"""What one page of a feed is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shared.domain.access import Scope


@dataclass(frozen=True, slots=True)
class Horizon:
    """Up to which transaction everything has ended, in which life of the database."""

    number: int
    epoch: str
    #: Up to when the watch is known; absent before the first worker has run.
    known_until: datetime | None


@dataclass(frozen=True, slots=True)
class Window:
    """The changes [since, until) of an area, or with `since` 0 all that is there."""

    scope: Scope
    since: int
    until: int
    #: Only of this facility.
    facility_id: int | None = None
    after: tuple[int, str] | None = None
    limit: int = 200

    @property
    def is_whole(self) -> bool:
        return self.since == 0


@dataclass(frozen=True, slots=True)
class DayWindow:
    """The same for coverage, whose days come to be known one after another."""

    window: Window
    from_day: date
    #: Up to when days were known at `since`, and are known at `until`.
    known_before: datetime | None
    known_until: datetime
    #: When `since` was: nothing told after that is of a day long before it.
    since_at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """Something to put in its place, or to take away: then `because` says why.

    `place` is where it stands in the feed. A facility's code stands in `facility`, which concerns
    it; without `values` and without `key`, everything of that facility is taken away.
    """

    place: tuple[int, str]
    key: str | None
    facility: str
    values: Mapping[str, Any]
    because: str | None = None
