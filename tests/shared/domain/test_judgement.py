from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.gaps import Requirement, StoredGap
from shared.domain.judgement import (
    FIRST_REACH,
    LONGEST_STEP,
    Stretch,
    next_stretch,
    reach_back,
    untolerated,
)
from shared.domain.states import GapState

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
TOLERANCE = timedelta(seconds=60)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_watermark_that_did_not_move_leaves_nothing_to_judge() -> None:
    assert next_stretch(NOON, NOON, required_since=NOON) is None
    assert next_stretch(NOON, at(-5), required_since=NOON) is None
    assert next_stretch(NOON, None, required_since=NOON) is None


def test_the_first_judgement_begins_with_the_first_requirement_or_a_day_ago() -> None:
    early = next_stretch(None, NOON, required_since=NOON - timedelta(days=90))
    fresh = next_stretch(None, NOON, required_since=at(-600))
    assert early == Stretch(NOON - FIRST_REACH, NOON - FIRST_REACH + LONGEST_STEP)
    assert fresh == Stretch(at(-600), NOON)


def test_where_nothing_is_required_yet_everything_is_judged_at_once() -> None:
    stretch = next_stretch(None, NOON, required_since=None)
    assert stretch is not None
    assert stretch.end_at == NOON


@given(st.integers(1, 200_000))
def test_a_long_stop_is_made_up_for_in_steps_without_a_seam(behind_s: int) -> None:
    watermark, judged = at(behind_s), NOON
    while (stretch := next_stretch(judged, watermark, required_since=NOON)) is not None:
        assert stretch.start_at == judged
        assert timedelta(0) < stretch.end_at - stretch.start_at <= LONGEST_STEP
        judged = stretch.end_at
    assert judged == watermark


bounds = st.lists(st.integers(-50_000, -1), unique=True, max_size=12).map(sorted)


@given(edges=bounds, lasts=st.booleans(), data=st.data())
def test_no_gap_on_record_is_cut_by_the_begin_of_what_is_read(
    *, edges: list[int], lasts: bool, data: st.DataObject
) -> None:
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    stored = [StoredGap(n, at(a), at(b), GapState.CLOSED) for n, (a, b) in enumerate(spans)]
    if lasts:
        stored.append(StoredGap(99, at(-1), None, GapState.OPEN))
    concerned = data.draw(st.lists(st.sampled_from(stored))) if stored else []
    start = reach_back(Stretch(NOON, at(1)), stored, concerned=concerned, tolerance=TOLERANCE)

    assert all(gap in stored and gap.start_at > start for gap in concerned)
    assert start < NOON - TOLERANCE
    for gap in stored:
        is_cut = gap.start_at <= start and (gap.end_at is None or gap.end_at >= start)
        assert not is_cut


def test_a_hole_ends_where_the_requirement_ends_even_at_the_edge_of_knowledge() -> None:
    requirement = Requirement(1, TOLERANCE, NOON, valid_to=at(300))
    (hole,) = untolerated([requirement], [], blind=(), stretch=Stretch(NOON, at(300)))
    assert not hole.is_ongoing


def test_each_requirement_is_judged_by_its_own_tolerance() -> None:
    terms = [
        Requirement(1, timedelta(seconds=500), NOON, at(400)),
        Requirement(1, TOLERANCE, at(400)),
    ]
    found = untolerated(terms, [], blind=(), stretch=Stretch(NOON, at(500)))
    assert [(hole.start_at, hole.end_at) for hole in found] == [(at(400), at(500))]
