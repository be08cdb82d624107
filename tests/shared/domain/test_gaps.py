from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.gaps import (
    Change,
    Hole,
    Moved,
    Opened,
    Repaired,
    Requirement,
    StoredGap,
    holes,
    is_gap,
    reconcile,
)
from shared.domain.intervals import Spans
from shared.domain.states import GapState
from tests.shared.domain.models import (
    HORIZON,
    at,
    gap_and_pending,
    instants,
    points,
    runs,
    seconds_of,
    spans,
)

Set = Spans[int]


def requirement(least: int = 1, tolerance: float = 5) -> Requirement:
    return Requirement(least, timedelta(seconds=tolerance), valid_from=at(0))


def found_holes(devices: Sequence[Set], least: int, blind: Set, until: int) -> tuple[Hole, ...]:
    return holes(
        requirement(least),
        [instants(device) for device in devices],
        blind=instants(blind),
        window=(at(0), at(HORIZON)),
        known_until=at(until),
    )


@given(st.lists(spans(), max_size=3), st.integers(1, 3), spans(), st.integers(1, HORIZON))
def test_holes_are_the_known_seconds_without_enough_devices(
    devices: list[Set], least: int, blind: Set, until: int
) -> None:
    found = found_holes(devices, least, blind, until)
    enough = {s for s in range(until) if sum(s in points(d) for d in devices) >= least}
    dark = set(range(until)) - enough
    seen = seconds_of(tuple((hole.start_at, hole.end_at) for hole in found)) - points(blind)
    assert seen == dark - points(blind)
    gap, _ = gap_and_pending(enough, points(blind), tolerance=5, until=until)
    gaps = [hole for hole in found if is_gap(hole, requirement(least))]
    assert seconds_of(tuple((g.start_at, g.end_at) for g in gaps)) - points(blind) == gap
    lasting = {a for a, b in runs(dark) if b == until}
    for hole in gaps:
        (begun,) = [a for a, b in runs(dark) if at(a) <= hole.start_at < at(b)]
        assert hole.is_ongoing is (begun in lasting)


def test_blindness_does_not_end_a_gap_and_does_not_make_one() -> None:
    watched = ((0, 10), (50, 60))
    blind = ((20, 25), (28, 40))
    (gap,) = [h for h in found_holes([watched], 1, blind, 60) if is_gap(h, requirement())]
    assert gap == Hole(at(10), at(50), is_ongoing=False)
    short = found_holes([((0, 10), (22, 60))], 1, ((14, 18),), 60)
    assert short == (Hole(at(10), at(14), is_ongoing=False), Hole(at(18), at(22), is_ongoing=False))


def test_a_gap_that_runs_into_blindness_lasts() -> None:
    (gap,) = found_holes([((0, 10),)], 1, ((30, 40),), 40)
    assert gap == Hole(at(10), at(30), is_ongoing=True)


def test_a_hole_as_long_as_tolerated_is_no_gap() -> None:
    at_limit = Hole(at(0), at(5), is_ongoing=True)
    beyond = Hole(at(0), at(5.000001), is_ongoing=True)
    assert not is_gap(at_limit, requirement())
    assert is_gap(beyond, requirement())


def applied(stored: Sequence[StoredGap], changes: Sequence[Change]) -> list[tuple[object, object]]:
    """What is on record afterwards: bounds of the gaps not repaired."""
    bounds: dict[object, tuple[object, object]] = {
        gap.id: (gap.start_at, gap.end_at) for gap in stored
    }
    for number, change in enumerate(changes):
        match change:
            case Repaired(gap):
                del bounds[gap.id]
            case Moved(gap, start, end):
                bounds[gap.id] = (start, end)
            case Opened(start, end):
                bounds[f"new-{number}"] = (start, end)
    return sorted(bounds.values(), key=str)


def bounds_of(found: Sequence[Hole]) -> list[tuple[object, object]]:
    return sorted(((h.start_at, None if h.is_ongoing else h.end_at) for h in found), key=str)


@given(spans(), spans(), st.integers(1, HORIZON), st.integers(1, HORIZON))
def test_reconciling_turns_what_was_on_record_into_what_is_found(
    before: Set, evidence: Set, first: int, second: int
) -> None:
    earlier = found_holes([before], 1, (), min(first, second))
    stored = [
        StoredGap(
            number,
            hole.start_at,
            None if hole.is_ongoing else hole.end_at,
            GapState.OPEN if hole.is_ongoing else GapState.CLOSED,
        )
        for number, hole in enumerate(earlier)
    ]
    found = found_holes([before, evidence], 1, (), max(first, second))
    changes = reconcile(stored, found)
    assert applied(stored, changes) == bounds_of(found)


@given(spans(), st.integers(1, HORIZON))
def test_reconciling_what_agrees_changes_nothing(watched: Set, until: int) -> None:
    found = found_holes([watched], 1, (), until)
    stored = [
        StoredGap(n, hole.start_at, None if hole.is_ongoing else hole.end_at, GapState.OPEN)
        for n, hole in enumerate(found)
    ]
    assert reconcile(stored, found) == ()


def test_evidence_in_the_middle_splits_a_gap_and_keeps_its_incident() -> None:
    gap = StoredGap(7, at(0), at(30), GapState.CLOSED)
    found = (Hole(at(0), at(10), is_ongoing=False), Hole(at(20), at(30), is_ongoing=False))
    assert reconcile([gap], found) == (
        Moved(gap, at(0), at(10)),
        Opened(at(20), at(30), beside=7),
    )
