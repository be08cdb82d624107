from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.delivery import (
    DIGEST_EVERY,
    PUT_OFF,
    Failure,
    GivenUp,
    GiveUp,
    TryAgain,
    after_failure,
    digest_due_at,
    pause_after,
)

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def test_pauses_double_from_a_minute_to_four_hours() -> None:
    minutes = [pause_after(n) // timedelta(minutes=1) for n in range(1, 12)]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240]


def test_a_final_refusal_is_given_up_at_once() -> None:
    verdict = after_failure(Failure(is_retryable=False), attempts=1, created_at=NOON, now=NOON)
    assert verdict == GiveUp(GivenUp.REFUSED)


@given(st.integers(1, 10_000), st.timedeltas(timedelta(0), timedelta(hours=96)))
def test_within_two_days_it_is_tried_again_and_afterwards_given_up(
    attempts: int, age: timedelta
) -> None:
    failure = Failure(is_retryable=True)
    verdict = after_failure(failure, attempts=attempts, created_at=NOON, now=NOON + age)
    if age < timedelta(hours=48):
        assert isinstance(verdict, TryAgain)
        pause = verdict.at - NOON - age
        assert timedelta(minutes=1) <= pause <= timedelta(hours=4)
    else:
        assert verdict == GiveUp(GivenUp.TOO_LONG)


@given(st.integers(1, 10_000))
def test_a_server_that_says_later_is_not_asked_sooner(attempts: int) -> None:
    failure = Failure(is_retryable=True, wait=PUT_OFF)
    verdict = after_failure(failure, attempts=attempts, created_at=NOON, now=NOON)
    assert isinstance(verdict, TryAgain)
    assert verdict.at - NOON == max(PUT_OFF, pause_after(attempts))


@given(st.none() | st.timedeltas(timedelta(0), timedelta(days=3)))
def test_nothing_is_held_back_longer_than_a_period(ago: timedelta | None) -> None:
    last = None if ago is None else NOON - ago
    assert NOON < digest_due_at(NOON, last) <= NOON + DIGEST_EVERY
