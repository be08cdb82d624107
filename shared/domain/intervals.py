"""Sets of half-open intervals [from, to): union, intersection, difference, overlap counts.

A set is a tuple of spans in normal form: sorted, disjoint, not touching, none empty.
Bounds are of any one ordered type: aware datetimes, or whole microseconds on the hot path.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from operator import itemgetter
from typing import Any, Protocol, TypeAlias, TypeVar


class Ordered(Protocol):
    """A bound: it can be compared with another of its kind."""

    def __lt__(self, other: Any, /) -> bool: ...  # noqa: ANN401, RUF100


B = TypeVar("B", bound=Ordered)
Span: TypeAlias = tuple[B, B]
Spans: TypeAlias = tuple[Span[B], ...]


def normal(spans: Iterable[Span[B]]) -> Spans[B]:
    """The normal form of any heap of spans; empty and reversed ones vanish."""
    merged: list[Span[B]] = []
    for start, end in sorted(s for s in spans if s[0] < s[1]):
        if merged and not merged[-1][1] < start:
            if merged[-1][1] < end:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return tuple(merged)


def union(*sets: Spans[B]) -> Spans[B]:
    return normal(span for spans in sets for span in spans)


def intersect(left: Spans[B], right: Spans[B]) -> Spans[B]:
    found: list[Span[B]] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i][0], right[j][0])
        end = min(left[i][1], right[j][1])
        if start < end:
            found.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def near(spans: Spans[B], window: Span[B]) -> Spans[B]:
    """Those that have a part in the window, whole: found at once among however many."""
    first = bisect_right(spans, window[0], key=itemgetter(1))
    return spans[first : bisect_left(spans, window[1], lo=first, key=itemgetter(0))]


def subtract(left: Spans[B], right: Spans[B]) -> Spans[B]:
    rest: list[Span[B]] = []
    j = 0
    for start, end in left:
        at = start
        while j < len(right) and not at < right[j][1]:
            j += 1
        k = j
        while k < len(right) and right[k][0] < end:
            if at < right[k][0]:
                rest.append((at, right[k][0]))
            at = max(at, right[k][1])
            k += 1
        if at < end:
            rest.append((at, end))
    return tuple(rest)


def overlapping(sets: Iterable[Spans[B]], *, at_least: int) -> Spans[B]:
    """Where at least so many of the sets hold at once; `at_least=1` is the union."""
    edges = sorted(
        edge for spans in sets for start, end in spans for edge in ((start, 1), (end, -1))
    )
    found: list[Span[B]] = []
    depth = 0
    start: B | None = None
    for bound, step in edges:
        depth += step
        if start is None and depth >= at_least:
            start = bound
        elif start is not None and depth < at_least:
            found.append((start, bound))
            start = None
    return normal(found)
