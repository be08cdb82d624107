"""What is known of every second: covered, impaired, gap, unknown or not required, as spans that
tile a window.

Bounds are exact inside; what leaves here is on whole seconds, and a second counts as covered
only if all of it was, and as proven only if all of it is. So the figures are whole numbers that
add up to the window.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from shared.domain.gaps import Hole, Requirement, is_gap, lacking
from shared.domain.intervals import (
    Span,
    Spans,
    intersect,
    near,
    normal,
    overlapping,
    subtract,
    union,
)
from shared.domain.places import DeviceKind
from shared.domain.states import Quality, SecondState, WatchState

Moments = Spans[datetime]
#: Beyond the longest tolerated hole, so that one which just fits is seen with both its ends.
MARGIN: Final = timedelta(seconds=1)
Measure: TypeAlias = tuple[int, frozenset[str] | None]
_FAR_PAST = datetime(1970, 1, 1, tzinfo=UTC)
_FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one device attested. Watched live, watched but told late, and not usable, by fault.

    `proven` is the part of `watched` that the device signed afresh. `kind` may decide whether it
    counts.
    """

    watched: Moments = ()
    late: Moments = ()
    impaired: Moments = ()
    faults: Mapping[WatchState, Moments] = field(default_factory=dict)
    proven: Moments = ()
    kind: str | None = None

    @property
    def effective(self) -> Moments:
        """Time this device really watched."""
        return subtract(union(self.watched, self.late), self.impaired)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Until when, and except when, the platform could know."""

    until: datetime
    blind: Moments = ()


@dataclass(frozen=True, slots=True)
class Lifetime:
    """When a device was on record, and how long its silence says nothing yet."""

    registered_at: datetime
    retired_at: datetime | None
    patience: timedelta


@dataclass(frozen=True, slots=True)
class Tile:
    """One span of one state."""

    start_at: datetime
    end_at: datetime
    state: SecondState
    quality: Quality | None = None
    fault: WatchState | None = None


def of_device(
    evidence: Evidence, lifetime: Lifetime, knowledge: Knowledge, window: Span[datetime]
) -> tuple[Tile, ...]:
    """The window of one device, tiled.

    Nobody stands at a place on a round all the time: whether anybody was there between two
    check-ins is not known, and what is asked of the place its zone's requirement says.
    """
    whole: Moments = (window,)
    impaired = intersect(evidence.impaired, whole)
    rest = subtract(subtract(whole, evidence.effective), impaired)
    heard = union(evidence.watched, evidence.late, evidence.impaired)
    pending = _pending(heard, lifetime, knowledge)
    alive: Moments = ((lifetime.registered_at, lifetime.retired_at or _FAR_FUTURE),)
    judged = subtract(intersect(alive, _known(knowledge)), pending)
    gap = () if evidence.kind == DeviceKind.ROUND_POINT else intersect(rest, judged)
    states: dict[SecondState, Moments] = {
        SecondState.GAP: gap,
        SecondState.IMPAIRED: impaired,
        SecondState.UNKNOWN: subtract(rest, gap),
    }
    return _tiles(window, states, of=(evidence,))


def of_zone(
    requirements: Sequence[Requirement],
    devices: Sequence[Evidence],
    knowledge: Knowledge,
    window: Span[datetime],
) -> tuple[Tile, ...]:
    """The window of one zone, tiled. A tolerated hole is not a gap: it counts as covered.

    A second is as good as the best device that counted and watched it makes it.

    The evidence must reach back to `reach`, and the longest tolerated hole beyond the end, so that
    a hole across the border is judged by its whole length.
    """
    counting = [d for d in devices if any(r.counts(d.kind) for r in requirements)]
    return _tiles(window, states_of_zone(requirements, devices, knowledge, window), of=counting)


def states_of_zone(
    requirements: Sequence[Requirement],
    devices: Sequence[Evidence],
    knowledge: Knowledge,
    window: Span[datetime],
) -> dict[SecondState, Moments]:
    """A zone's time by state, exact; what is in none of them was covered."""
    whole: Moments = (window,)
    enough = enough_by_measure(requirements, devices)
    gaps: list[Span[datetime]] = []
    pending: list[Span[datetime]] = []
    met: list[Span[datetime]] = []
    for requirement in requirements:
        term = _term(requirement)
        met += intersect(near(enough[requirement.measure], term), (term,))
        for hole in _holes(requirement, enough[requirement.measure], knowledge, window):
            if is_gap(hole, requirement):
                gaps.append((hole.start_at, hole.end_at))
            elif hole.is_ongoing:
                pending.append((hole.start_at, hole.end_at))
    required = intersect(normal(_term(requirement) for requirement in requirements), whole)
    gap = subtract(intersect(normal(gaps), whole), knowledge.blind)
    unseen = subtract(subtract(required, _known(knowledge)), normal(met))
    unknown = union(unseen, intersect(normal(pending), whole))
    return {
        SecondState.GAP: gap,
        SecondState.UNKNOWN: subtract(unknown, gap),
        SecondState.NOT_REQUIRED: subtract(whole, required),
    }


def _term(requirement: Requirement) -> Span[datetime]:
    return requirement.valid_from, requirement.valid_to or _FAR_FUTURE


def _holes(
    requirement: Requirement, enough: Moments, knowledge: Knowledge, window: Span[datetime]
) -> tuple[Hole, ...]:
    margin = requirement.max_gap + MARGIN
    wide = (reach(window[0], margin, knowledge.blind), window[1] + margin)
    return lacking(
        requirement, enough, blind=knowledge.blind, window=wide, known_until=knowledge.until
    )


def reach(start_at: datetime, margin: timedelta, blind: Moments) -> datetime:
    """From when on it must be known who watched, to say of what a gap at an instant is a part.

    A gap goes on through our blindness, so what lies before that decides whether it is one.
    """
    begin = start_at - margin
    for start, end in reversed(blind):
        if start < start_at and begin < end:
            begin = min(begin, start - margin)
    return begin


def enough_by_measure(
    requirements: Iterable[Requirement], devices: Sequence[Evidence]
) -> dict[Measure, Moments]:
    """When enough devices of those that count watched, once for each measure of what enough is."""
    found: dict[Measure, Moments] = {}
    for requirement in requirements:
        if requirement.measure not in found:
            counting = [d.effective for d in devices if requirement.counts(d.kind)]
            found[requirement.measure] = overlapping(counting, at_least=requirement.min_devices)
    return found


def seconds(tiles: Sequence[Tile]) -> dict[SecondState, int]:
    """Whole seconds per state; together they are the window."""
    figures = dict.fromkeys(SecondState, 0)
    for tile in tiles:
        figures[tile.state] += round((tile.end_at - tile.start_at).total_seconds())
    return figures


def quality_seconds(tiles: Sequence[Tile]) -> dict[Quality, int]:
    """Whole seconds per quality; together they are the covered ones."""
    figures = dict.fromkeys(Quality, 0)
    for tile in tiles:
        if tile.quality is not None:
            figures[tile.quality] += round((tile.end_at - tile.start_at).total_seconds())
    return figures


def _known(knowledge: Knowledge) -> Moments:
    return subtract(((_FAR_PAST, knowledge.until),), knowledge.blind)


def _pending(heard: Moments, lifetime: Lifetime, knowledge: Knowledge) -> Moments:
    """The silence at the end that is still shorter than the device's own rhythm allows."""
    last = max([lifetime.registered_at, *(end for _, end in heard if end <= knowledge.until)])
    if timedelta(0) < knowledge.until - last <= lifetime.patience:
        return ((last, knowledge.until),)
    return ()


#: Where states meet within a second, the first of these has it; what is left is covered.
_RANKED: Final = (
    SecondState.GAP, SecondState.IMPAIRED, SecondState.UNKNOWN, SecondState.NOT_REQUIRED,
)  # fmt: skip


def _tiles(
    window: Span[datetime], states: Mapping[SecondState, Moments], *, of: Sequence[Evidence]
) -> tuple[Tile, ...]:
    """Whole-second tiles. A second counts as not required only if nothing of it was."""
    left: Moments = (window,)
    tiles: list[Tile] = []
    for state in _RANKED:
        spans = states.get(state, ())
        spans = _narrowed(spans) if state is SecondState.NOT_REQUIRED else _widened(spans)
        taken = intersect(spans, left)
        left = subtract(left, taken)
        tiles += _faulty(taken, of) if state is SecondState.IMPAIRED else _labelled(taken, state)
    tiles += _graded(left, of)
    return tuple(sorted(tiles, key=lambda tile: tile.start_at))


def _graded(covered: Moments, of: Sequence[Evidence]) -> list[Tile]:
    """Covered time by quality; where two meet within a second, the weaker one has it."""
    live = union(*(subtract(e.watched, e.impaired) for e in of))
    late = subtract(union(*(e.effective for e in of)), live)
    late = intersect(_widened(late), covered)
    signed = union(*(subtract(e.proven, e.impaired) for e in of))
    in_time = subtract(covered, late)
    proven = intersect(_narrowed(signed), in_time)
    return [
        *_labelled(proven, SecondState.COVERED, quality=Quality.PROVEN),
        *_labelled(subtract(in_time, proven), SecondState.COVERED, quality=Quality.LIVE),
        *_labelled(late, SecondState.COVERED, quality=Quality.LATE),
    ]


def _labelled(
    spans: Moments,
    state: SecondState,
    *,
    quality: Quality | None = None,
    fault: WatchState | None = None,
) -> list[Tile]:
    return [Tile(start, end, state, quality, fault) for start, end in spans]


def _faulty(impaired: Moments, of: Sequence[Evidence]) -> list[Tile]:
    tiles: list[Tile] = []
    for evidence in of:
        for fault, spans in sorted(evidence.faults.items()):
            named = intersect(impaired, _widened(spans))
            tiles += _labelled(named, SecondState.IMPAIRED, fault=fault)
            impaired = subtract(impaired, named)
    return tiles + _labelled(impaired, SecondState.IMPAIRED)


def _widened(spans: Moments) -> Moments:
    """Out to whole seconds."""
    return normal((_floor(start), _ceil(end)) for start, end in spans)


def _narrowed(spans: Moments) -> Moments:
    """In to whole seconds."""
    return normal((_ceil(start), _floor(end)) for start, end in spans)


def _floor(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


def _ceil(instant: datetime) -> datetime:
    return instant if not instant.microsecond else _floor(instant) + timedelta(seconds=1)
