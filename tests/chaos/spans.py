"""Sets of microseconds as sorted lists of disjoint half-open pairs: the oracle's own arithmetic."""

from collections.abc import Iterable

Span = tuple[int, int]


def union(spans: Iterable[Span]) -> list[Span]:
    """Whatever lies in any of them."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def minus(these: Iterable[Span], those: Iterable[Span]) -> list[Span]:
    """Whatever lies in one of these and in none of those."""
    left: list[Span] = []
    holes = union(those)
    first = 0
    for start, end in union(these):
        while first < len(holes) and holes[first][1] <= start:
            first += 1
        at = start
        for low, high in holes[first:]:
            if low >= end:
                break
            left.append((at, low))
            at = high
        left.append((at, end))
    return union(left)


def length(spans: Iterable[Span]) -> int:
    """How many microseconds there are in all."""
    return sum(end - start for start, end in union(spans))
