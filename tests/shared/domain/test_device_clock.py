from hypothesis import given
from hypothesis import strategies as st

from shared.domain.device_clock import (
    STRETCH_US,
    TOLERATED_BEHIND_US,
    DeviceClock,
    is_behind_beyond_doubt,
)
from shared.domain.heartbeat import SECOND_US
from shared.domain.states import ClockState

NOW = 1_800_000_000 * SECOND_US


def heard(clock: DeviceClock, *, offset_s: float, delays_s: list[float], from_us: int = NOW) -> int:
    """Messages half a minute apart; returns when the last arrived."""
    received_us = from_us
    for number, delay_s in enumerate(delays_s):
        true_us = from_us + number * 30 * SECOND_US
        received_us = true_us + round(delay_s * SECOND_US)
        clock.observe(true_us + round(offset_s * SECOND_US), received_us=received_us)
    return received_us


def test_a_right_clock_is_not_corrected_however_late_some_messages_are() -> None:
    clock = DeviceClock()
    heard(clock, offset_s=0, delays_s=[40, 0.1, 90, 55])
    assert clock.correction_us() == 0
    assert clock.state is ClockState.RIGHT


def test_a_clock_ahead_is_set_back_by_what_it_is_ahead() -> None:
    clock = DeviceClock()
    heard(clock, offset_s=45, delays_s=[0.2, 0.1, 3])
    assert clock.correction_us() == round(-44.9 * SECOND_US)
    assert clock.state is ClockState.AHEAD


def test_a_clock_behind_is_set_forward_only_after_some_messages() -> None:
    clock = DeviceClock()
    heard(clock, offset_s=-60, delays_s=[0.1, 0.1])
    assert clock.correction_us() == 0
    heard(clock, offset_s=-60, delays_s=[0.1] * 4, from_us=NOW + 60 * SECOND_US)
    assert clock.correction_us() == round(60.1 * SECOND_US)
    assert clock.state is ClockState.BEHIND


def test_a_correction_is_never_more_than_two_minutes() -> None:
    clock = DeviceClock()
    heard(clock, offset_s=-4000, delays_s=[0.1] * 8)
    assert clock.correction_us() == 120 * SECOND_US


def test_a_clock_set_back_is_noticed_within_some_messages() -> None:
    clock = DeviceClock()
    last_us = heard(clock, offset_s=0, delays_s=[0.1] * 10)
    heard(clock, offset_s=-3600, delays_s=[0.1] * 5, from_us=last_us + 30 * SECOND_US)
    assert clock.state is ClockState.STEPPED
    assert clock.offset_us == round(-3600.1 * SECOND_US)


def test_a_clock_set_forward_is_noticed_at_once() -> None:
    clock = DeviceClock()
    last_us = heard(clock, offset_s=0, delays_s=[0.1] * 10)
    heard(clock, offset_s=50, delays_s=[0.1], from_us=last_us + 30 * SECOND_US)
    assert clock.state is ClockState.STEPPED


def test_a_step_is_forgotten_once_the_clock_has_been_right_for_a_while() -> None:
    clock = DeviceClock()
    last_us = heard(clock, offset_s=0, delays_s=[0.1] * 10)
    heard(clock, offset_s=50, delays_s=[0.1], from_us=last_us + 30 * SECOND_US)
    after_us = last_us + 60 * SECOND_US
    heard(clock, offset_s=0, delays_s=[0.1] * 60, from_us=after_us)
    assert clock.state is ClockState.RIGHT


def test_a_clock_that_runs_too_fast_drifts() -> None:
    clock = DeviceClock()
    for number in range(400):
        true_us = NOW + number * 30 * SECOND_US
        drifted_us = round(number * 30 * SECOND_US * 200e-6)
        clock.observe(true_us - drifted_us, received_us=true_us + 50_000)
    assert clock.state is ClockState.DRIFTING


def test_only_what_certainly_arrived_long_after_it_was_sent_is_beyond_correction() -> None:
    assert is_behind_beyond_doubt(NOW - 121 * SECOND_US, arrived_after_us=NOW)
    assert not is_behind_beyond_doubt(NOW - 119 * SECOND_US, arrived_after_us=NOW)


@given(
    offset_s=st.floats(-600, 600),
    delays_s=st.lists(st.floats(0, 60), min_size=1, max_size=60),
)
def test_a_correction_never_sets_a_clock_beyond_the_quickest_message(
    offset_s: float, delays_s: list[float]
) -> None:
    clock = DeviceClock()
    heard(clock, offset_s=offset_s, delays_s=delays_s)
    corrected_s = clock.correction_us() / SECOND_US
    assert abs(corrected_s) <= 120
    # What is left over after the correction is at most what may be tolerated and the delays.
    if abs(offset_s) <= 120:
        left_s = offset_s + corrected_s
        assert -TOLERATED_BEHIND_US / SECOND_US - 120 <= left_s <= 60 + 2 + 1e-5


@given(gaps_s=st.lists(st.integers(1, 2000), max_size=50))
def test_long_silences_never_disturb_a_right_clock(gaps_s: list[int]) -> None:
    clock = DeviceClock()
    at_us = NOW
    for gap_s in gaps_s:
        at_us += gap_s * SECOND_US
        clock.observe(at_us, received_us=at_us + 20_000)
        assert clock.state is ClockState.RIGHT
    assert clock.correction_us() == 0
    assert STRETCH_US > 0
