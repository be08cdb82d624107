from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.flapping import PAUSE, clock_from, is_flapping, is_steady, seldom

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@given(st.lists(st.integers(0, 1800), max_size=12), st.integers(0, 1800))
def test_four_changes_within_ten_minutes_are_flapping_and_none_is_steady(
    changes: list[int], until: int
) -> None:
    lately = [second for second in changes if until - 600 < second <= until]
    moments = [at(second) for second in changes]
    assert is_flapping(moments, until=at(until)) is (len(lately) >= 4)
    assert is_steady(moments, until=at(until)) is (not lately)


def test_what_comes_and_goes_is_said_again_once_an_hour_at_most() -> None:
    assert seldom(None) is None
    assert seldom(timedelta(minutes=30)) == PAUSE
    assert seldom(timedelta(hours=3)) == timedelta(hours=3)


@given(st.lists(st.tuples(st.integers(10, 900), st.integers(1, 599)), min_size=1, max_size=8))
def test_a_clock_that_goes_on_has_counted_every_second_that_was_not_watched(
    stops: list[tuple[int, int]],
) -> None:
    """Holes of some length, each followed by a shorter time in which it was watched."""
    now, counted, dark = 0, timedelta(0), 0
    for hole, blink in stops:
        clock = clock_from(at(now), [counted])
        assert at(now) - clock == timedelta(seconds=dark)
        now, dark = now + hole, dark + hole
        counted = at(now) - clock
        now += blink


def test_what_counted_nothing_before_counts_from_when_it_begins() -> None:
    assert clock_from(NOON, []) == NOON
    assert clock_from(NOON, [timedelta(seconds=-30)]) == NOON
