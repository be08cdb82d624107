from hypothesis import given
from hypothesis import strategies as st

from shared.domain.heartbeat import (
    DAY_US,
    DEFAULT_LIMITS,
    SECOND_US,
    attested,
    default_length_us,
    split_by_arrival,
)
from shared.domain.states import Refusal

NOW = 1_800_000_000 * SECOND_US
moments = st.integers(-(2**62), 2**62) | st.integers(NOW - 9 * DAY_US, NOW + DAY_US)


@given(at=moments, since=moments, registered=moments)
def test_no_second_of_the_future_before_registration_or_too_old_is_credited(
    at: int, since: int, registered: int
) -> None:
    span = attested(at, since, received_us=NOW, registered_us=registered)
    if isinstance(span, Refusal):
        return
    start, end = span
    assert since <= start < end <= at
    assert end <= NOW
    assert start >= max(registered, NOW - DEFAULT_LIMITS.backfill_us)


@given(at=st.integers(NOW - 6 * DAY_US, NOW), length=st.integers(1, DAY_US))
def test_a_plain_claim_is_credited_whole(at: int, length: int) -> None:
    span = attested(at, at - length, received_us=NOW, registered_us=NOW - 30 * DAY_US)
    assert span == (at - length, at)


def test_a_clock_slightly_ahead_is_clipped_to_the_present() -> None:
    span = attested(NOW + 5 * SECOND_US, NOW - 30 * SECOND_US, received_us=NOW, registered_us=0)
    assert span == (NOW - 30 * SECOND_US, NOW)


def test_each_refusal_says_what_was_wrong() -> None:
    def reason(at: int, since: int, registered: int = 0) -> object:
        return attested(at, since, received_us=NOW, registered_us=registered)

    assert reason(NOW + 121 * SECOND_US, NOW) is Refusal.FUTURE
    assert reason(NOW - 8 * DAY_US, NOW - 9 * DAY_US) is Refusal.TOO_OLD
    assert reason(NOW - 10, NOW - 20, registered=NOW - 5) is Refusal.BEFORE_REGISTRATION
    assert reason(NOW - 20, NOW - 10) is Refusal.EMPTY


@given(start=st.integers(0, 1000), length=st.integers(0, 1000))
def test_late_and_live_are_the_whole_and_meet_at_the_lateness_limit(
    start: int, length: int
) -> None:
    start_us, end_us = NOW - start * SECOND_US, NOW - start * SECOND_US + length * SECOND_US
    late, live = split_by_arrival(start_us, end_us, received_us=NOW)
    assert (late[0], live[1]) == (start_us, end_us)
    assert late[1] == live[0]
    assert late[1] <= max(start_us, NOW - DEFAULT_LIMITS.lateness_us)


def test_a_heartbeat_without_since_attests_its_interval_and_a_little_more() -> None:
    assert default_length_us(30) == 36 * SECOND_US
    assert default_length_us(1) == 3 * SECOND_US
