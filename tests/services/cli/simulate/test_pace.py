import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.cli.simulate.pace import Lateness, Pace, history_us
from shared.domain.heartbeat import SECOND_US


def test_a_message_leaves_when_it_is_due() -> None:
    assert Pace(began_us=100).leaves_at(7) == 107


def test_a_tenfold_speed_takes_a_tenth_of_the_time_and_ends_in_the_present() -> None:
    pace, began_us = Pace(began_us=10**15, speed=10), 10**15
    start_us = began_us - history_us(60, 10)
    assert pace.leaves_at(60 * SECOND_US) == began_us + 6 * SECOND_US
    assert start_us + 60 * SECOND_US == began_us + 6 * SECOND_US


@given(st.floats(1, 3_600), st.floats(1, 1_000), st.floats(0, 1))
def test_at_no_speed_anything_is_told_before_it_happened(
    seconds: float, speed: float, share: float
) -> None:
    due_us = round(share * seconds * SECOND_US)
    told_us = 10**15 - history_us(seconds, speed) + due_us
    assert told_us <= Pace(10**15, speed).leaves_at(due_us) + 2


def test_with_a_cap_messages_keep_their_distance() -> None:
    pace = Pace(began_us=0, rate=10)
    left: list[int] = []
    for _ in range(4):
        left.append(pace.leaves_at(0))
        pace.has_left(left[-1])
    assert left[1] <= SECOND_US // 10
    assert [b - a for a, b in pairwise(left[1:])] == [SECOND_US // 10] * 2


def test_waking_up_late_does_not_lower_the_rate() -> None:
    pace = Pace(began_us=0, rate=1_000)
    now_us, sent = 0, 0
    while now_us < 10 * SECOND_US:
        while pace.leaves_at(0) <= now_us:
            pace.has_left(now_us)
            sent += 1
        now_us += 7_300  # a clumsy sleeper
    assert 9_900 <= sent <= 11_010


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_quantile_of_lateness_is_right_to_two_digits(late: list[int], share: float) -> None:
    lateness = Lateness()
    for us in late:
        lateness.add(us)
    exact = sorted(late)[math.ceil(share * len(late)) - 1]
    assert exact * 0.96 - 1 <= lateness.quantile_us(share) <= max(exact, 1) * 1.04
    assert lateness.most_us == max(late)


def test_who_is_early_is_not_late() -> None:
    lateness = Lateness()
    lateness.add(-5)
    assert (lateness.most_us, lateness.quantile_us(0.5)) == (0, 0)
