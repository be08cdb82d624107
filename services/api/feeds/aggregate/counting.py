"""From what is counted in units to what may be told of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.feeds.aggregate import queries
from services.api.feeds.aggregate.queries import UnitCount
from services.api.feeds.coverage import days, rows
from services.api.feeds.coverage import queries as houses
from services.api.feeds.facts import DayWindow
from shared.domain.disclosure import Cell, Dataset, told
from shared.domain.intervals import Span
from shared.domain.schedule import COUNTRY_TIME_ZONE, midnight

_DAY: Final = timedelta(days=1)
#: The states of which a day's seconds are told.
_SECONDS: Final = ("covered_s", "gap_s", "excused_s", "unknown_s", "not_required_s")


@dataclass(frozen=True, slots=True)
class Period:
    """Local days, the last one not included."""

    first: date
    end: date

    @property
    def window(self) -> Span[datetime]:
        return midnight(self.first, COUNTRY_TIME_ZONE), midnight(self.end, COUNTRY_TIME_ZONE)


async def lines(
    connection: AsyncConnection, dataset: Dataset, asked: DayWindow, period: Period
) -> list[dict[str, Any]]:
    """One line a unit, and one for the rest of what small units lie in."""
    scope = asked.window.scope
    counted = await queries.units(connection, scope, at=period.window[1])
    figures = await _figures(connection, dataset, asked, period)
    cells = [_cell(one, dataset, figures.get(one.unit_id)) for one in counted]
    return [
        {
            "unit": one.unit,
            "is_rest": one.is_rest,
            "facilities": one.facilities,
            **one.values,
        }
        for one in told(cells)
    ]


def _cell(one: UnitCount, dataset: Dataset, figures: Sequence[int] | None) -> Cell:
    match dataset:
        case Dataset.FACILITIES:
            counts, sums = {"children": one.children}, {}
        case Dataset.GAPS:
            found = figures or (0, 0)
            counts, sums = {"gaps": found[0]}, {"gap_s": found[1]}
            # The length of a few gaps would tell how many they are.
            if 0 < found[0] < 5:
                sums = {}
        case Dataset.INCIDENTS:
            found = figures or (0, 0)
            counts, sums = {"incidents": found[0], "unresolved": found[1]}, {}
        case Dataset.COVERAGE:
            found = figures or [0] * len(_SECONDS)
            counts, sums = {}, dict(zip(_SECONDS, found, strict=True))
    return Cell(one.unit, one.parent, one.facilities, counts, sums)


async def _figures(
    connection: AsyncConnection, dataset: Dataset, asked: DayWindow, period: Period
) -> Mapping[int, Sequence[int]]:
    match dataset:
        case Dataset.FACILITIES:
            return {}
        case Dataset.GAPS:
            return await queries.gaps(connection, asked.window.scope, period.window)
        case Dataset.INCIDENTS:
            return await queries.incidents(connection, asked.window.scope, period.window)
        case Dataset.COVERAGE:
            return await _coverage(connection, asked, period)


async def _coverage(
    connection: AsyncConnection, asked: DayWindow, period: Period
) -> Mapping[int, Sequence[int]]:
    sums: dict[int, list[int]] = defaultdict(lambda: [0] * len(_SECONDS))
    every = await houses.houses(connection, asked)
    for house in every:
        wanted = [
            day
            for _, day in days.to_tell([house], asked, changed=(), blind=())
            if period.first <= day < period.end
        ]
        for figures in (await rows.figures(connection, house, wanted)).values():
            unit = sums[house.facility.admin_unit_id]
            for place, name in enumerate(_SECONDS):
                unit[place] += figures[name]
    return sums
