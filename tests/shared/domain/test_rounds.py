from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain import rounds
from shared.domain.gaps import Requirement

ZONE = "Asia/Ho_Chi_Minh"
EVENING = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)  # 22:00 in Viet Nam
TWO_HOURS = timedelta(hours=2)
NIGHT = Requirement(1, TWO_HOURS, EVENING, EVENING + timedelta(hours=8))

minutes = st.integers(-600, 600).map(lambda n: EVENING + timedelta(minutes=n))


def test_a_check_in_attests_the_minute_before_it() -> None:
    assert rounds.attested(90_000_000) == (30_000_000, 90_000_000)


def test_coming_by_twice_within_a_minute_is_once() -> None:
    assert rounds.is_repeat(EVENING, EVENING + timedelta(seconds=59))
    assert not rounds.is_repeat(EVENING, EVENING + timedelta(seconds=60))
    assert not rounds.is_repeat(None, EVENING)


def test_a_clock_that_was_put_back_by_an_hour_keeps_nobody_from_checking_in() -> None:
    assert rounds.is_repeat(EVENING, EVENING - timedelta(seconds=5))
    assert not rounds.is_repeat(EVENING, EVENING - timedelta(hours=1))


def test_every_label_says_something_else_and_only_its_hash_is_kept() -> None:
    codes = {rounds.new_code() for _ in range(100)}
    assert len(codes) == 100
    assert len({rounds.code_hash(code) for code in codes}) == 100
    assert all(len(code) == 32 for code in codes)  # 192 bits in base64


def test_a_night_begins_and_ends_at_noon() -> None:
    start, end = rounds.night_of(date(2026, 7, 1), ZONE)
    assert start == datetime(2026, 7, 1, 5, 0, tzinfo=UTC)
    assert end - start == timedelta(days=1)


@given(minutes)
def test_every_instant_lies_in_the_night_it_is_said_to(now: datetime) -> None:
    start, end = rounds.night_of(rounds.night_at(now, ZONE), ZONE)
    assert start <= now < end


def test_somebody_is_due_as_long_after_the_last_one_as_is_tolerated() -> None:
    last = EVENING + timedelta(minutes=30)
    now = last + timedelta(minutes=1)
    assert rounds.due_at([NIGHT], last, now) == last + TWO_HOURS


def test_the_first_of_a_night_is_due_by_its_begin() -> None:
    """Whoever came by in the afternoon did not come by at night."""
    assert rounds.due_at([NIGHT], EVENING - timedelta(hours=5), EVENING) == EVENING + TWO_HOURS
    assert rounds.due_at([NIGHT], None, EVENING) == EVENING + TWO_HOURS


def test_nobody_is_due_after_the_end_of_a_night() -> None:
    last = EVENING + timedelta(hours=7)
    assert rounds.due_at([NIGHT], last, last + timedelta(minutes=1)) is None


@given(minutes, st.none() | minutes)
def test_whoever_comes_by_when_they_are_due_leaves_no_hole_longer_than_tolerated(
    now: datetime, last: datetime | None
) -> None:
    due = rounds.due_at([NIGHT], last, now)
    if due is None:
        return
    begin = max(NIGHT.valid_from, last or NIGHT.valid_from)
    assert due - begin == NIGHT.max_gap
    assert NIGHT.valid_to is not None
    assert NIGHT.valid_from <= now < NIGHT.valid_to
    assert due < NIGHT.valid_to
