"""Noon is second 0. What is one fall is found out by walking from each device to each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.falling import LONGEST_FALL, Fall, fall_of, last_look
from shared.domain.incidents import TOGETHER, Lapse, Moments, Witness

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
TOGETHER_S = round(TOGETHER.total_seconds())
LONGEST_S = round(LONGEST_FALL.total_seconds())
#: By device: when it was heard last, and how long its silence says nothing.
Falls = list[tuple[int, int]]
last_heard = st.one_of(st.integers(-400, 0), st.integers(-3000, 0))
falls_of_some = st.lists(st.tuples(last_heard, st.integers(1, 120)), min_size=1, max_size=7)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def device(last_s: float, *, patience_s: float = 12) -> Witness:
    return Witness(1, timedelta(seconds=patience_s), at(-9999), ((at(-9000), at(last_s)),))


def fall(*devices: Witness, until_s: float = 200, blind: Moments = ()) -> Fall | None:
    return fall_of(devices, until=at(until_s), blind=blind)


def test_one_after_the_other_within_a_minute_is_one_fall() -> None:
    found = fall(*(device(second) for second in (0, 20, 90, 40)))
    assert found is not None
    assert (found.first_at, found.last_at) == (NOON, at(90))


def test_while_one_is_heard_or_may_be_nobody_has_fallen() -> None:
    assert fall(device(0), device(20), device(199)) is None
    assert fall(device(0), device(60), device(120, patience_s=80)) is None
    assert fall(device(0), device(60), device(119, patience_s=80)) is not None


def test_who_falls_silent_last_when_most_were_silent_fell_alone() -> None:
    assert fall(device(-4000), device(0)) is None
    assert fall(device(-4000), device(0), device(10)) is not None


def test_nobody_is_no_fall() -> None:
    assert fall() is None


def test_who_was_registered_later_has_no_part_in_it() -> None:
    fresh = replace(device(0), registered_at=at(300), heard=())
    assert fall(device(0), device(10), fresh, fresh, fresh) is not None


def test_an_hour_apart_is_not_together() -> None:
    assert fall(device(-3600), device(0)) is None
    assert fall(device(-3600), device(0), blind=((at(-3590), NOON),)) is not None


def test_a_fall_that_takes_too_long_is_not_one_though_nothing_in_it_is_apart() -> None:
    slow = [device(-60 * number) for number in range(40)]
    found = fall(*slow)
    assert found is not None
    assert found.first_at == at(-LONGEST_S)


def test_a_gap_is_a_piece_if_it_began_with_the_fall() -> None:
    found = Fall(NOON, at(40), timedelta(seconds=12))
    gap = Lapse(1, NOON, at(200), is_ongoing=True)
    assert found.has_piece(gap)
    assert found.has_piece(replace(gap, start_at=at(112)))
    assert not found.has_piece(replace(gap, start_at=at(113)))
    assert not found.has_piece(replace(gap, start_at=at(-1)))
    later = replace(gap, start_at=at(1000), end_at=at(1100))
    assert not found.has_piece(later)
    assert found.has_piece(replace(later, blind=((at(41), at(1000)),)))


def test_falls_are_one_if_they_have_a_moment_in_common() -> None:
    first = Fall(NOON, at(40), timedelta(seconds=12))
    assert first.is_one_with(Fall(at(40), at(80), timedelta(seconds=12)))
    assert not first.is_one_with(Fall(at(41), at(80), timedelta(seconds=12)))


def test_what_is_over_is_asked_before_the_first_may_have_come_back() -> None:
    over = Lapse(1, NOON, at(600), is_ongoing=False)
    assert last_look(over) == at(540)
    assert last_look(replace(over, is_ongoing=True)) == at(600)


def naive(falls: Falls, until_s: int) -> tuple[int, int] | None:
    """Walk from the last that fell to each from which one is not apart, and on from there."""
    if any(until_s - last <= patience for last, patience in falls):
        return None
    latest = max(falls)
    near = [one for one in falls if latest[0] - one[0] <= LONGEST_S]
    reached, left = [latest], [one for one in near if one != latest]
    while fresh := [one for one in left if any(_is_near(one, other) for other in reached)]:
        reached += fresh
        left = [one for one in left if one not in fresh]
    together = sum(falls.count(one) for one in set(reached))
    return (min(reached)[0], latest[0]) if 2 * together > len(falls) else None


def _is_near(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Each fell between when it was heard last and when its turn was."""
    (a, rest_a), (b, rest_b) = one, other
    return max(a - b - rest_b, b - a - rest_a) <= TOGETHER_S


@given(falls_of_some, st.integers(1, 200))
def test_a_fall_is_what_can_be_walked_without_a_pause(falls: Falls, until_s: int) -> None:
    found = fall(*(device(a, patience_s=p) for a, p in falls), until_s=until_s)
    bounds = None if found is None else (found.first_at, found.last_at)
    expected = naive(falls, until_s)
    assert bounds == (expected and (at(expected[0]), at(expected[1])))


@given(falls_of_some, st.permutations(range(7)))
def test_in_which_order_devices_are_asked_changes_nothing(falls: Falls, order: list[int]) -> None:
    devices = [device(a, patience_s=p) for a, p in falls]
    shuffled = [devices[number] for number in order if number < len(devices)]
    assert fall(*devices) == fall(*shuffled)


@given(falls_of_some, st.integers(-3000, 0), st.integers(1, 5000))
def test_our_blindness_never_keeps_apart_what_fell_together(
    falls: Falls, from_s: int, length_s: int
) -> None:
    """As if the clock had stood still: what fell before it fell so much later."""
    devices = [device(a - length_s if a <= from_s else a, patience_s=p) for a, p in falls]
    blind = ((at(from_s - length_s), at(from_s)),)
    seen, known = fall(*devices, blind=blind), fall(*(device(a, patience_s=p) for a, p in falls))
    assert (seen is None) == (known is None)
    if seen is not None and known is not None:
        length = timedelta(seconds=length_s)
        assert seen.last_at in {known.last_at, known.last_at - length}
        assert seen.first_at in {known.first_at, known.first_at - length}


@given(falls_of_some)
def test_whatever_is_in_a_fall_is_no_further_than_a_minute_from_the_next(falls: Falls) -> None:
    found = fall(*(device(a, patience_s=p) for a, p in falls))
    if found is not None:
        within = sorted({(a, p) for a, p in falls if found.first_at <= at(a)})
        ends = [(a, max(b + p for b, p in within if b <= a)) for a, _ in within]
        assert all(later - end <= TOGETHER_S for (_, end), (later, _) in pairwise(ends))
