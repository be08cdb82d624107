"""What is known of every second: covered, impaired, gap or unknown, as spans that tile a window.

Bounds are exact inside; what leaves here is on whole seconds, and a second counts as covered
only if all of it was, and as proven only if all of it is. So the figures are whole numbers that
add up to the window.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.domain.gaps import Requirement, holes, is_gap
from shared.domain.intervals import Span, Spans, intersect, normal, overlapping, subtract, union
from shared.domain.states import Quality, SecondState, WatchState

Moments = Spans[datetime]
_FAR_PAST = datetime(1970, 1, 1, tzinfo=UTC)
_FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one device attested. Watched live, watched but told late, and not usable, by fault.

    `proven` is the part of `watched` that the device signed afresh.
    """

    watched: Moments = ()
    late: Moments = ()
    impaired: Moments = ()
    faults: Mapping[WatchState, Moments] = field(default_factory=dict)
    proven: Moments = ()

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
    """The window of one device, tiled."""
    whole: Moments = (window,)
    impaired = intersect(evidence.impaired, whole)
    rest = subtract(subtract(whole, evidence.effective), impaired)
    heard = union(evidence.watched, evidence.late, evidence.impaired)
    pending = _pending(heard, lifetime, knowledge)
    alive: Moments = ((lifetime.registered_at, lifetime.retired_at or _FAR_FUTURE),)
    judged = subtract(intersect(alive, _known(knowledge)), pending)
    gap = intersect(rest, judged)
    return _tiles(window, gap=gap, impaired=impaired, unknown=subtract(rest, gap), of=(evidence,))


def of_zone(
    requirements: Sequence[Requirement],
    devices: Sequence[Evidence],
    knowledge: Knowledge,
    window: Span[datetime],
) -> tuple[Tile, ...]:
    """The window of one zone, tiled. A tolerated hole is not a gap: it counts as covered.

    A second is as good as the best device that watched it makes it.

    The evidence must reach the longest tolerated hole beyond the window on both sides, so that a
    hole across the border is judged by its whole length.
    """
    effective = [device.effective for device in devices]
    gaps: list[Span[datetime]] = []
    pending: list[Span[datetime]] = []
    enough: Moments = ()
    required: Moments = ()
    for requirement in requirements:
        term: Moments = ((requirement.valid_from, requirement.valid_to or _FAR_FUTURE),)
        required = union(required, term)
        met = overlapping(effective, at_least=requirement.min_devices)
        enough = union(enough, intersect(met, term))
        margin = requirement.max_gap + timedelta(seconds=1)
        wide = (window[0] - margin, window[1] + margin)
        for hole in holes(
            requirement, effective, blind=knowledge.blind, window=wide, known_until=knowledge.until
        ):
            if is_gap(hole, requirement):
                gaps.append((hole.start_at, hole.end_at))
            elif hole.is_ongoing:
                pending.append((hole.start_at, hole.end_at))
    whole: Moments = (window,)
    gap = subtract(intersect(normal(gaps), whole), knowledge.blind)
    known = intersect(required, _known(knowledge))
    unasked = subtract(subtract(whole, known), enough)
    unknown = union(unasked, intersect(normal(pending), whole))
    return _tiles(window, gap=gap, impaired=(), unknown=subtract(unknown, gap), of=devices)


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


def _tiles(
    window: Span[datetime],
    *,
    gap: Moments,
    impaired: Moments,
    unknown: Moments,
    of: Sequence[Evidence],
) -> tuple[Tile, ...]:
    """Whole-second tiles; where states meet within a second, the worst one has it."""
    whole: Moments = (window,)
    gap = intersect(_widened(gap), whole)
    impaired = subtract(intersect(_widened(impaired), whole), gap)
    unknown = subtract(subtract(intersect(_widened(unknown), whole), gap), impaired)
    covered = subtract(subtract(subtract(whole, gap), impaired), unknown)
    tiles = [
        *_labelled(gap, SecondState.GAP),
        *_labelled(unknown, SecondState.UNKNOWN),
        *_graded(covered, of),
        *_faulty(impaired, of),
    ]
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
