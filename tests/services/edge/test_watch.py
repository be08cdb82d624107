import itertools

from hypothesis import given
from hypothesis import strategies as st

from services.edge.watch import Look, Watch, after, begun
from shared.domain.states import WatchState

PATIENCE_MS = 15_000
OK, COVERED, DARK = WatchState.OK, WatchState.COVERED, WatchState.DARK

steps = st.tuples(st.integers(1, 30_000), st.sampled_from([OK, COVERED, DARK]))


def looks_from(moves: list[tuple[int, WatchState]]) -> list[Look]:
    at_ms = 1_000_000
    looks = []
    for wait_ms, state in moves:
        at_ms += wait_ms
        looks.append(Look("cam-1", state, at_ms))
    return looks


def watched(looks: list[Look]) -> list[Watch]:
    """Every watch that these looks make, in order; the last one goes on."""
    watch = begun(looks[0])
    found = []
    for look in looks[1:]:
        ended, watch = after(watch, look, patience_ms=PATIENCE_MS)
        if ended is not None:
            found.append(ended)
    return [*found, watch]


def look(state: WatchState, at_ms: int) -> Look:
    return Look("cam-1", state, at_ms)


def test_a_look_in_time_makes_the_watch_longer() -> None:
    ended, now = after(begun(look(OK, 1000)), look(OK, 2000), patience_ms=PATIENCE_MS)
    assert (ended, now) == (None, Watch("cam-1", OK, 1000, 2000))


def test_time_before_the_first_bad_look_counts_as_bad() -> None:
    watch = Watch("cam-1", OK, 1000, 5000)
    ended, now = after(watch, look(COVERED, 6000), patience_ms=PATIENCE_MS)
    assert ended == Watch("cam-1", OK, 1000, 5000)
    assert now == Watch("cam-1", COVERED, 5000, 6000)


def test_time_before_the_first_good_look_counts_as_bad() -> None:
    watch = Watch("cam-1", COVERED, 1000, 5000)
    ended, now = after(watch, look(OK, 6000), patience_ms=PATIENCE_MS)
    assert ended == Watch("cam-1", COVERED, 1000, 6000)
    assert now == Watch("cam-1", OK, 6000, 6000)


def test_a_long_silence_is_not_bridged() -> None:
    watch = Watch("cam-1", OK, 1000, 5000)
    ended, now = after(watch, look(OK, 20_001), patience_ms=PATIENCE_MS)
    assert ended == watch
    assert now == begun(look(OK, 20_001))


def test_a_clock_set_far_back_begins_a_new_watch() -> None:
    watch = Watch("cam-1", OK, 1_000_000, 2_000_000)
    ended, now = after(watch, look(OK, 1_500_000), patience_ms=PATIENCE_MS)
    assert ended == watch
    assert now == begun(look(OK, 1_500_000))


def test_a_clock_set_back_a_little_takes_nothing_back() -> None:
    watch = Watch("cam-1", OK, 1000, 5000)
    ended, now = after(watch, look(OK, 4000), patience_ms=PATIENCE_MS)
    assert (ended, now) == (None, watch)


@given(st.lists(steps, min_size=1, max_size=40))
def test_watches_never_overlap_and_come_in_order(moves: list[tuple[int, WatchState]]) -> None:
    watches = watched(looks_from(moves))
    for earlier, later in itertools.pairwise(watches):
        assert earlier.since_ms < earlier.until_ms <= later.since_ms


@given(st.lists(steps, min_size=1, max_size=40))
def test_good_time_lies_between_two_good_looks_close_together(
    moves: list[tuple[int, WatchState]],
) -> None:
    looks = looks_from(moves)
    attested = sum(w.until_ms - w.since_ms for w in watched(looks) if w.state is OK)
    proven = sum(
        later.at_ms - earlier.at_ms
        for earlier, later in itertools.pairwise(looks)
        if earlier.state is later.state is OK and later.at_ms - earlier.at_ms <= PATIENCE_MS
    )
    assert attested == proven


@given(st.lists(steps, min_size=1, max_size=40))
def test_no_time_between_close_looks_is_left_out(moves: list[tuple[int, WatchState]]) -> None:
    looks = looks_from(moves)
    attested = sum(w.until_ms - w.since_ms for w in watched(looks))
    spanned = sum(
        later.at_ms - earlier.at_ms
        for earlier, later in itertools.pairwise(looks)
        if later.at_ms - earlier.at_ms <= PATIENCE_MS
    )
    assert attested == spanned
