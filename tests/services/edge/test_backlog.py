from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.edge.backlog import LONGEST_PATIENCE_S, SHORTEST_PATIENCE_S, Backlog
from services.edge.watch import Watch
from shared.domain.states import WatchState


def watch(number: int) -> Watch:
    return Watch("cam-1", WatchState.OK, number * 1000, number * 1000 + 500)


def filled(*numbers: int) -> Backlog:
    backlog = Backlog()
    for number in numbers:
        backlog.add(number, watch(number), now_s=0)
    return backlog


def due(backlog: Backlog, now_s: float) -> list[int]:
    return [seq for seq, _ in backlog.due(now_s)]


ranges = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5)


@given(st.sets(st.integers(0, 50)), ranges)
def test_exactly_what_is_acknowledged_is_forgotten(
    added: set[int], acknowledged: list[tuple[int, int]]
) -> None:
    backlog = filled(*sorted(added))
    backlog.acknowledge(acknowledged, now_s=1)
    named = {n for first, last in acknowledged for n in range(first, last + 1)}
    assert set(due(backlog, now_s=1)) == added - named
    assert backlog.watches == tuple(watch(n) for n in sorted(added - named))


def test_a_range_without_bounds_takes_no_longer_than_what_is_there() -> None:
    backlog = filled(1, 2)
    backlog.acknowledge([(0, 2**63 - 1)], now_s=0)
    assert backlog.watches == ()


def test_the_newest_is_told_first() -> None:
    assert due(filled(1, 2, 3), now_s=0) == [3, 2, 1]


def test_what_was_just_told_is_not_told_again_at_once() -> None:
    backlog = filled(1, 2)
    backlog.told([1], now_s=0)
    assert due(backlog, now_s=SHORTEST_PATIENCE_S - 1) == [2]
    assert due(backlog, now_s=SHORTEST_PATIENCE_S) == [2, 1]


def test_being_told_does_not_make_it_known() -> None:
    backlog = filled(1)
    backlog.told([1], now_s=0)
    assert backlog.watches == (watch(1),)


def told_when_due(backlog: Backlog, until_s: int) -> list[int]:
    """The seconds in which it is told, if it is told as soon as it is due."""
    times = []
    for second in range(until_s):
        if seqs := due(backlog, second):
            backlog.told(seqs, now_s=second)
            times.append(second)
    return times


def test_the_pauses_double_while_nothing_is_acknowledged() -> None:
    times = told_when_due(filled(1), until_s=7200)
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses[:4] == [5, 10, 20, 40]
    assert max(pauses) == LONGEST_PATIENCE_S
    assert len(times) < 20


def test_any_acknowledgement_shortens_the_pauses_again() -> None:
    backlog = filled(1, 2)
    told_when_due(backlog, until_s=3600)
    backlog.acknowledge([(99, 99)], now_s=3600)
    assert due(backlog, now_s=3600) == [2, 1]
    backlog.told([2, 1], now_s=3600)
    assert due(backlog, now_s=3600 + SHORTEST_PATIENCE_S) == [2, 1]


def test_what_is_acknowledged_while_the_rest_is_told_is_told_no_more() -> None:
    backlog = filled(1, 2, 3)
    telling = backlog.due(0)
    assert next(telling)[0] == 3
    backlog.acknowledge([(2, 3)], now_s=0)
    assert [seq for seq, _ in telling] == [1]


def test_a_full_backlog_gives_up_the_oldest() -> None:
    backlog = Backlog(limit=2)
    lost = [backlog.add(number, watch(number), now_s=0) for number in (1, 2, 3)]
    assert lost == [None, None, watch(1)]
    assert backlog.watches == (watch(2), watch(3))


def test_the_longest_wait_is_that_of_the_oldest() -> None:
    backlog = filled(1)
    backlog.add(2, watch(2), now_s=50)
    assert backlog.longest_wait_s(60) == 60
    backlog.acknowledge([(1, 1)], now_s=60)
    assert backlog.longest_wait_s(60) == 10
    assert Backlog().longest_wait_s(60) == 0
