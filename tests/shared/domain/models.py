"""Naive models to prove the algebra against: a set of spans is a set of whole numbers."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st

from shared.domain.coverage import Tile
from shared.domain.intervals import Span, Spans, normal

EPOCH = datetime(2026, 11, 22, 16, 50, tzinfo=UTC)
HORIZON = 60


def at(second: float) -> datetime:
    return EPOCH + timedelta(seconds=second)


def spans(horizon: int = HORIZON) -> st.SearchStrategy[Spans[int]]:
    """Sets of whole-second spans, in normal form."""
    bound = st.integers(0, horizon)
    return st.lists(st.tuples(bound, bound), max_size=6).map(normal)


def points(of: Spans[int]) -> set[int]:
    return {second for start, end in of for second in range(start, end)}


def instants(of: Spans[int]) -> Spans[datetime]:
    return tuple((at(start), at(end)) for start, end in of)


def seconds_of(of: Spans[datetime]) -> set[int]:
    """Back from instants on whole seconds."""
    return points(
        tuple(
            (round((start - EPOCH).total_seconds()), round((end - EPOCH).total_seconds()))
            for start, end in of
        )
    )


def runs(of: set[int]) -> list[tuple[int, int]]:
    """The maximal runs of a set of seconds."""
    found: list[tuple[int, int]] = []
    for second in sorted(of):
        if found and found[-1][1] == second:
            found[-1] = (found[-1][0], second + 1)
        else:
            found.append((second, second + 1))
    return found


def gap_and_pending(
    enough: set[int], blind: set[int], *, tolerance: int, until: int
) -> tuple[set[int], set[int]]:
    """Seconds of gaps, and those at the end of which nobody can say yet what they will be."""
    gap: set[int] = set()
    pending: set[int] = set()
    for start, end in runs(set(range(until)) - enough):
        is_open = False
        for first, stop in runs(set(range(start, end)) - blind):
            is_open = is_open or stop - first > tolerance
            if is_open:
                gap |= set(range(first, stop))
            elif stop == until:
                pending |= set(range(first, stop))
    return gap, pending


def is_tiling(tiles: Sequence[Tile], window: Span[datetime]) -> bool:
    """Whether the tiles are the window, without a hole or an overlap."""
    if not tiles:
        return False
    ends_meet = all(left.end_at == right.start_at for left, right in pairwise(tiles))
    return ends_meet and (tiles[0].start_at, tiles[-1].end_at) == window
