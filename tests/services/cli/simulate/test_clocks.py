from hypothesis import given
from hypothesis import strategies as st

from services.cli.simulate.clocks import MILLISECOND_US, RIGHT, Clock, ClockFault, drawn
from shared.domain.heartbeat import SECOND_US
from tests.services.cli.simulate.plays import chance

MINUTE_US = 60 * SECOND_US


@given(st.integers(), st.integers(0, 10**12))
def test_every_wrong_clock_shows_whole_milliseconds_and_no_more_than_its_error(
    seed: int, at_us: int
) -> None:
    clock = drawn(chance(seed), share=1, error_s=30, run_us=MINUTE_US)
    error_us = clock.error_at(at_us % MINUTE_US)
    assert error_us % MILLISECOND_US == 0
    assert abs(error_us) <= 30 * SECOND_US + MILLISECOND_US


def test_a_right_clock_is_right() -> None:
    assert drawn(chance(1), share=0, error_s=30, run_us=MINUTE_US) is RIGHT
    assert RIGHT.error_at(MINUTE_US) == 0
    assert list(RIGHT.steps()) == []


def test_a_drifting_clock_is_off_by_its_error_after_an_hour() -> None:
    clock = Clock(ClockFault.DRIFT, 30 * SECOND_US)
    assert clock.error_at(0) == 0
    assert clock.error_at(3_600 * SECOND_US) == 30 * SECOND_US
    assert clock.error_at(1_800 * SECOND_US) == 15 * SECOND_US


def test_a_stepping_clock_is_right_every_other_time() -> None:
    clock = Clock(ClockFault.STEP, -5 * SECOND_US, period_us=MINUTE_US)
    shown = [clock.error_at(n * MINUTE_US) for n in range(4)]
    assert shown == [0, -5 * SECOND_US, 0, -5 * SECOND_US]


def test_what_ends_when_a_clock_is_set_is_told_by_what_it_showed_before() -> None:
    clock = Clock(ClockFault.STEP, -5 * SECOND_US, period_us=MINUTE_US)
    assert clock.told_at(MINUTE_US) == MINUTE_US
    assert clock.told_at(MINUTE_US + 1) == MINUTE_US + 1 - 5 * SECOND_US
