"""Where a requirement was not met, and what that changes in the gaps already on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.intervals import Span, Spans, intersect, near, overlapping, subtract
from shared.domain.states import GapState


@dataclass(frozen=True, slots=True)
class Requirement:
    """At least `min_devices` at once, of `kinds` or of any; a hole up to `max_gap` is tolerated.

    `kinds` are words of `DeviceKind`, as the registry has them.
    """

    min_devices: int
    max_gap: timedelta
    valid_from: datetime
    valid_to: datetime | None = None
    kinds: frozenset[str] | None = None

    def counts(self, kind: str | None) -> bool:
        return self.kinds is None or kind in self.kinds

    @property
    def measure(self) -> tuple[int, frozenset[str] | None]:
        """What enough is: the same devices do for all requirements that agree in it."""
        return self.min_devices, self.kinds


@dataclass(frozen=True, slots=True)
class Hole:
    """Required time without enough coverage; `is_ongoing` if nothing has ended it yet."""

    start_at: datetime
    end_at: datetime
    is_ongoing: bool


def holes(
    requirement: Requirement,
    devices: Sequence[Spans[datetime]],
    *,
    blind: Spans[datetime],
    window: Span[datetime],
    known_until: datetime,
) -> tuple[Hole, ...]:
    """Every hole in the window, tolerated or not.

    Our own blindness never makes a hole longer than tolerated: on either side of it, each piece
    is judged by itself. But it does not end a gap either. Only coverage does.
    """
    enough = overlapping(devices, at_least=requirement.min_devices)
    return lacking(requirement, enough, blind=blind, window=window, known_until=known_until)


def lacking(
    requirement: Requirement,
    enough: Spans[datetime],
    *,
    blind: Spans[datetime],
    window: Span[datetime],
    known_until: datetime,
) -> tuple[Hole, ...]:
    """The same, where it is known when there were enough devices."""
    start = max(window[0], requirement.valid_from)
    end = min(window[1], known_until, requirement.valid_to or known_until)
    if not start < end:
        return ()
    # What ends because nothing is required any more is over, whenever that is known.
    lasting = None if end == requirement.valid_to else known_until
    return tuple(
        hole
        for dark in subtract(((start, end),), near(enough, (start, end)))
        for hole in _holes_of(dark, subtract((dark,), blind), requirement, lasting)
    )


def _holes_of(
    dark: Span[datetime],
    pieces: Spans[datetime],
    requirement: Requirement,
    lasting: datetime | None,
) -> list[Hole]:
    """The holes of one time without coverage; `pieces` are what of it we could see."""
    lengths = [end - start > requirement.max_gap for start, end in pieces]
    first = lengths.index(True) if True in lengths else len(pieces)
    found = [Hole(a, b, is_ongoing=b == lasting) for a, b in pieces[:first]]
    if first < len(pieces):
        found.append(Hole(pieces[first][0], pieces[-1][1], is_ongoing=dark[1] == lasting))
    return found


def is_gap(hole: Hole, requirement: Requirement) -> bool:
    return hole.end_at - hole.start_at > requirement.max_gap


@dataclass(frozen=True, slots=True)
class StoredGap:
    """A gap on record; `end_at` is absent while it lasts."""

    id: int
    start_at: datetime
    end_at: datetime | None
    state: GapState


@dataclass(frozen=True, slots=True)
class Opened:
    """A new gap; `beside` names the gap it was split from, whose incident it shares."""

    start_at: datetime
    end_at: datetime | None
    beside: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """New bounds for a gap on record: it ended, or evidence shortened it."""

    gap: StoredGap
    start_at: datetime
    end_at: datetime | None


@dataclass(frozen=True, slots=True)
class Repaired:
    """Evidence showed that the watch had gone on."""

    gap: StoredGap


Change = Opened | Moved | Repaired


def reconcile(stored: Sequence[StoredGap], found: Sequence[Hole]) -> tuple[Change, ...]:
    """What turns the gaps on record into the gaps found; nothing, if they agree already.

    `found` are the untolerated holes over a window that holds every stored gap whole.
    """
    changes: list[Change] = []
    left = list(found)
    for gap in stored:
        pieces = [hole for hole in left if _touches(gap, hole)]
        left = [hole for hole in left if hole not in pieces]
        changes.extend(_of_one(gap, pieces))
    changes.extend(Opened(hole.start_at, _end(hole)) for hole in left)
    return tuple(changes)


def _of_one(gap: StoredGap, pieces: Sequence[Hole]) -> list[Change]:
    if not pieces:
        return [Repaired(gap)]
    first, *others = pieces
    changes: list[Change] = []
    if (gap.start_at, gap.end_at) != (first.start_at, _end(first)):
        changes.append(Moved(gap, first.start_at, _end(first)))
    changes.extend(Opened(hole.start_at, _end(hole), beside=gap.id) for hole in others)
    return changes


def _end(hole: Hole) -> datetime | None:
    return None if hole.is_ongoing else hole.end_at


def _touches(gap: StoredGap, hole: Hole) -> bool:
    if gap.end_at is None:
        return gap.start_at < hole.end_at
    return bool(intersect(((gap.start_at, gap.end_at),), ((hole.start_at, hole.end_at),)))
