"""Reads what belongs on a page: what was taken away first, then what is there."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.feeds import queries
from services.api.feeds.aggregate import counting
from services.api.feeds.aggregate.counting import Period
from services.api.feeds.basis import Basis
from services.api.feeds.coverage import rows as coverage
from services.api.feeds.cursors import Cursor
from services.api.feeds.facts import DayWindow, Row, Window
from shared.domain.disclosure import Dataset

_BEFORE_ALL: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MOST_COUNTED: Final = 100_000
#: Why something is no longer where it was.
LEFT: Final = "left_the_area"

_READ: Final[Mapping[Dataset, Callable[[AsyncConnection, Window], Awaitable[Sequence[Row]]]]] = {
    Dataset.FACILITIES: queries.facilities,
    Dataset.GAPS: queries.gaps,
    Dataset.INCIDENTS: queries.incidents,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A page: rows one by one, or lines of counts. `after` is where the next page begins."""

    rows: Sequence[Row] = ()
    lines: Sequence[dict[str, Any]] = field(default_factory=tuple)
    after: tuple[int, str] | None = None


async def read(
    connection: AsyncConnection, dataset: Dataset, basis: Basis, cursor: Cursor, limit: int
) -> Found:
    window = Window(
        scope=basis.reach.scope,
        since=cursor.since,
        until=cursor.until or 0,
        facility_id=await _facility_id(connection, basis, cursor),
        after=cursor.after,
        # One more than is shown tells whether there are more.
        limit=limit + 1,
    )
    gone = [] if cursor.after else await _gone(connection, window, dataset, cursor.facility)
    if dataset is Dataset.COVERAGE:
        rows = await _days(connection, window, cursor)
    else:
        rows = await _READ[dataset](connection, window)
    after = rows[limit - 1].place if len(rows) > limit else None
    return Found([*gone, *rows[:limit]], after=after)


async def _facility_id(connection: AsyncConnection, basis: Basis, cursor: Cursor) -> int | None:
    """Nobody, if it is not in the area: then the feed is empty, whether there is one or not."""
    if cursor.facility is None:
        return None
    known = await queries.codes(connection, basis.reach.scope)
    return next((number for number, code in known if code == cursor.facility), 0)


async def _gone(
    connection: AsyncConnection, window: Window, dataset: Dataset, facility: str | None
) -> list[Row]:
    """All of a facility that went away. If it came back, what is there follows."""
    return [
        Row(
            place=(0, ""),
            key=code if dataset is Dataset.FACILITIES else None,
            facility=code,
            values={},
            because=LEFT,
        )
        for code in await queries.departures(connection, window)
        if facility in {None, code}
    ]


async def _days(connection: AsyncConnection, window: Window, cursor: Cursor) -> Sequence[Row]:
    if cursor.until_known is None:
        return ()
    return await coverage.rows(
        connection,
        DayWindow(
            window=window,
            from_day=date.fromisoformat(cursor.from_day or "2000-01-01"),
            known_before=cursor.known_until,
            known_until=cursor.until_known,
            since_at=cursor.at,
        ),
    )


async def count(
    connection: AsyncConnection, dataset: Dataset, basis: Basis, days: tuple[date, date]
) -> Found:
    window = Window(basis.reach.scope, since=0, until=0, limit=_MOST_COUNTED)
    asked = DayWindow(
        window=window,
        from_day=days[0],
        known_before=None,
        known_until=basis.horizon.known_until or _BEFORE_ALL,
        since_at=basis.now,
    )
    return Found(lines=await counting.lines(connection, dataset, asked, Period(*days)))


def only(found: Found, limit: int) -> Found:
    """The first lines and rows, for a look at what a grant would let through."""
    return replace(found, rows=found.rows[:limit], lines=found.lines[:limit])
