"""What really happens to a device, against a naive model of milliseconds."""

from itertools import pairwise, takewhile

from hypothesis import given
from hypothesis import strategies as st

from services.cli.simulate import life
from services.cli.simulate.clocks import MILLISECOND_US, Clock, ClockFault
from services.cli.simulate.options import NEVER, Trouble
from shared.domain.states import WatchState
from tests.services.cli.simulate.plays import TROUBLES, chance

END_US = 20_000 * MILLISECOND_US


def lived(seed: int, off: Trouble, faulty: Trouble) -> list[life.Watch]:
    found = life.watches(chance(seed), life.Fate(off, faulty), steps=iter(()), end_us=END_US)
    return list(found)


@given(st.integers(), TROUBLES, TROUBLES)
def test_watches_are_in_order_and_never_overlap(seed: int, off: Trouble, faulty: Trouble) -> None:
    watches = lived(seed, off, faulty)
    assert all(watch.start_us < watch.end_us <= END_US for watch in watches)
    assert all(one.end_us <= other.start_us for one, other in pairwise(watches))
    assert all(watch.start_us % MILLISECOND_US == 0 for watch in watches)


@given(st.integers(), TROUBLES)
def test_a_device_is_off_exactly_while_its_spells_say_so(seed: int, off: Trouble) -> None:
    spells = takewhile(lambda span: span[0] < END_US, life.spells(chance(seed), off))
    dark = {ms for start, end in spells for ms in _within(start, min(end, END_US))}
    watches = lived(seed, off, NEVER)
    light = {ms for watch in watches for ms in _within(watch.start_us, watch.end_us)}
    assert light == set(_within(0, END_US)) - dark


def _within(start_us: int, end_us: int) -> range:
    return range(start_us // MILLISECOND_US, end_us // MILLISECOND_US)


@given(st.integers(), TROUBLES, TROUBLES)
def test_the_count_of_starts_grows_with_each_time_it_was_off(
    seed: int, off: Trouble, faulty: Trouble
) -> None:
    watches = lived(seed, off, faulty)
    for one, other in pairwise(watches):
        assert (other.run > one.run) == (one.end_us < other.start_us)


def test_without_trouble_it_watches_without_a_break() -> None:
    assert lived(1, NEVER, NEVER) == [life.Watch(0, END_US, WatchState.OK, 0)]


def test_setting_the_clock_ends_the_unbroken_watch() -> None:
    clock = Clock(ClockFault.STEP, 1_000_000, period_us=END_US // 4)
    watches = life.watches(chance(1), life.Fate(), steps=clock.steps(), end_us=END_US)
    assert [watch.start_us for watch in watches] == [END_US // 4 * n for n in range(4)]


def test_a_trouble_takes_its_share_of_the_time() -> None:
    spells = life.spells(chance(7), Trouble(0.2, 10))
    first = [next(spells) for _ in range(5_000)]
    away = sum(end - start for start, end in first)
    assert 0.19 < away / first[-1][1] < 0.21


def test_a_memory_keeps_what_is_not_told() -> None:
    ahead = iter([life.Watch(n * 10, n * 10 + 5, WatchState.OK, n) for n in range(3)])
    memory = life.Memory.of(ahead)
    assert [watch.run for watch in memory.live(11)] == [0, 1]
    memory.forget(5)
    assert [watch.run for watch in memory.untold] == [1]
    assert memory.now(15) == life.Watch(10, 15, WatchState.OK, 1)
    assert memory.now(16) is None


def test_only_the_faults_there_are_words_for_happen() -> None:
    fate = life.Fate(faulty=Trouble(0.5, 1), faults=(WatchState.SIGNAL_LOSS,))
    states = {watch.state for watch in life.watches(chance(1), fate, steps=iter(()), end_us=END_US)}
    assert states == {WatchState.OK, WatchState.SIGNAL_LOSS}
