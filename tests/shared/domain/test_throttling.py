from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.throttling import (
    LIMITS,
    NOT_SOON,
    Door,
    Limit,
    Tally,
    attempted,
    closed_until,
    first_open,
    withdrawn,
)

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
WAITS = st.lists(st.integers(0, 200), min_size=1, max_size=160)
DOORS = st.sampled_from(sorted(LIMITS))


def naive(waits: list[int], limit: Limit) -> list[bool]:
    """Which knocks find the door open, all of them failing: by the rule's own words."""
    at = NOW
    let_in: list[datetime] = []
    answers: list[bool] = []
    for wait in waits:
        at += timedelta(seconds=wait)
        shut = limit.in_a_row is not None and len(let_in) >= limit.in_a_row
        for last in range(limit.failures - 1, len(let_in)):
            first = let_in[last - limit.failures + 1]
            together = let_in[last] - first < limit.within
            shut = shut or (together and let_in[last] <= at < let_in[last] + limit.closed_for)
        answers.append(not shut)
        if not shut:
            let_in.append(at)
    return answers


@given(DOORS, WAITS)
def test_a_door_closes_as_its_rule_says(door: Door, waits: list[int]) -> None:
    limit, at, tally = LIMITS[door], NOW, Tally()
    answers = []
    for wait in waits:
        at += timedelta(seconds=wait)
        is_open = closed_until(tally, limit, now=at) is None
        answers.append(is_open)
        if is_open:
            tally = attempted(tally, limit, now=at)
    assert answers == naive(waits, limit)


@given(WAITS)
def test_nobody_fails_more_than_a_hundred_times_in_a_row(waits: list[int]) -> None:
    limit, at, tally = LIMITS[Door.ACCOUNT], NOW, Tally()
    for wait in [*waits, *[400] * 300]:
        at += timedelta(seconds=wait)
        if closed_until(tally, limit, now=at) is None:
            tally = attempted(tally, limit, now=at)
    assert tally.in_a_row == 100
    assert closed_until(tally, limit, now=at) == at + NOT_SOON


@given(DOORS, st.lists(st.integers(0, 10**6), max_size=300))
def test_what_is_remembered_does_not_grow(door: Door, waits: list[int]) -> None:
    tally, at = Tally(), NOW
    for wait in waits:
        at += timedelta(milliseconds=wait)
        tally = attempted(tally, LIMITS[door], now=at)
    assert len(tally.recent) <= LIMITS[door].failures


def test_five_failures_within_half_a_minute_close_for_five() -> None:
    tally = Tally()
    for _ in range(5):
        tally = attempted(tally, LIMITS[Door.ACCOUNT], now=NOW)
    assert closed_until(tally, LIMITS[Door.ACCOUNT], now=NOW) == NOW + timedelta(minutes=5)
    later = NOW + timedelta(minutes=5)
    assert closed_until(tally, LIMITS[Door.ACCOUNT], now=later) is None


@given(DOORS, WAITS)
def test_an_attempt_that_was_right_leaves_no_trace(door: Door, waits: list[int]) -> None:
    limit, at, tally = LIMITS[door], NOW, Tally()
    for wait in waits:
        at += timedelta(seconds=wait)
        if closed_until(tally, limit, now=at) is None:
            tally = attempted(tally, limit, now=at)
    if closed_until(tally, limit, now=at) is None:
        again = withdrawn(attempted(tally, limit, now=at), at=at)
        assert again.in_a_row == tally.in_a_row
        assert again.recent == tuple(t for t in tally.recent if t > at - limit.within)


@pytest.mark.parametrize(
    ("closings", "told"),
    [((), None), ((None, None), None), ((NOW, None), NOW), ((NOW, NOW + NOT_SOON), NOW + NOT_SOON)],
)
def test_who_knocks_at_several_doors_waits_for_the_last(
    closings: tuple[datetime | None, ...], told: datetime | None
) -> None:
    assert first_open(closings) == told
