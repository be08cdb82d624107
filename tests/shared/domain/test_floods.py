from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.domain import floods
from shared.domain.floods import (
    FORGOTTEN_AFTER,
    RULES,
    Refused,
    Suspension,
    Tally,
)

AT = datetime(2026, 7, 1, tzinfo=UTC)
SENDERS = st.integers(1, 4)
SECONDS = st.integers(0, 200_000).map(lambda s: AT + timedelta(seconds=s))


def at(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


# -- what was refused --------------------------------------------------------------------------

#: Refusals one by one: the second they come in, the topic they are of. A topic has one sender.
STREAMS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 5)), max_size=60)


def tallied(stream: list[tuple[int, int]], *, until: int) -> list[Tally]:
    """What the quarantine says: topic t is of sender t % 3."""
    counts = Counter(topic for second, topic in stream if second < until)
    firsts = {topic: min(s for s, t in stream if t == topic) for topic in counts}
    return [Tally(t, t % 3, count, at(firsts[t])) for t, count in counts.items()]


@given(STREAMS, st.lists(st.integers(0, 61), min_size=2, unique=True).map(sorted))
def test_readings_one_after_another_add_up_to_what_was_refused_between_first_and_last(
    stream: list[tuple[int, int]], readings: list[int]
) -> None:
    total: Counter[int] = Counter()
    before = {one.entry: one.count for one in tallied(stream, until=readings[0])}
    for earlier, later in pairwise(readings):
        tallies = tallied(stream, until=later)
        found = floods.refused_between(before, tallies, seen_since=at(earlier), now=at(later))
        total.update(found.of)
        before |= {one.entry: one.count for one in tallies}
    model = Counter(t % 3 for second, t in stream if readings[0] <= second < readings[-1])
    assert total == model


def test_an_old_entry_that_is_seen_for_the_first_time_says_nothing() -> None:
    old, new = Tally(1, 7, 90_000, at(0)), Tally(2, 8, 600, at(11))
    found = floods.refused_between({}, [old, new], seen_since=at(10), now=at(12))
    assert found == Refused(at(12), {8: 600})


def test_an_entry_that_was_trimmed_and_began_anew_adds_nothing_negative() -> None:
    found = floods.refused_between({1: 50}, [Tally(1, 7, 3, at(0))], seen_since=at(1), now=at(2))
    assert found.of == {}


@given(st.lists(st.tuples(st.integers(0, 30), SENDERS, st.integers(1, 400)), max_size=40))
def test_who_floods_is_who_was_refused_more_than_enough_within_the_window(
    refusals: list[tuple[int, int, int]],
) -> None:
    now = at(30)
    past = [Refused(at(second), {sender: count}) for second, sender, count in refusals]
    sums: Counter[int] = Counter()
    for second, sender, count in refusals:
        if second > 30 - RULES.window.total_seconds():
            sums[sender] += count
    model = {sender for sender, count in sums.items() if count > RULES.most_refused}
    assert floods.flooding(floods.within_window(past, now=now)) == model


# -- how long ----------------------------------------------------------------------------------


def test_pauses_double_from_a_minute_to_an_hour() -> None:
    minutes = [RULES.pause(times).total_seconds() / 60 for times in (1, 2, 3, 6, 7, 8, 10_000)]
    assert minutes == [1, 2, 4, 32, 60, 60, 60]


@given(st.lists(st.integers(0, 200_000), max_size=8))
def test_times_are_counted_on_until_a_quiet_day(quiet_s: list[int]) -> None:
    last, times = floods.suspended(None, now=AT), 1
    for length_s in quiet_s:
        assert (last.times, last.until - last.suspended_at) == (times, RULES.pause(times))
        quiet = timedelta(seconds=length_s)
        times = times + 1 if quiet < FORGOTTEN_AFTER else 1
        over = Suspension(last.suspended_at, last.until, last.times, resumed_at=last.until)
        last = floods.suspended(over, now=last.until + quiet)
    assert last.times == times


# -- what is decided ---------------------------------------------------------------------------

SUSPENSIONS = st.builds(
    lambda began, length, times, resumed: Suspension(
        began, began + length, times, began + length if resumed else None
    ),
    SECONDS,
    st.sampled_from([timedelta(minutes=1), timedelta(hours=1)]),
    st.integers(1, 9),
    st.booleans(),
)
KNOWN = st.dictionaries(SENDERS, SUSPENSIONS)
FLOODING = st.frozensets(SENDERS)


@given(FLOODING, KNOWN, SECONDS)
def test_a_flood_is_always_out_afterwards_and_nobody_else_once_it_is_time(
    flooding: frozenset[int], known: dict[int, Suspension], now: datetime
) -> None:
    decision = floods.decide(flooding, known, now=now)
    in_force = {sender for sender, one in known.items() if one.resumed_at is None}
    out = (in_force | decision.out.keys()) - decision.back
    waiting = {sender for sender in in_force if known[sender].until > now}
    assert out == flooding | waiting


@given(FLOODING, KNOWN, SECONDS)
def test_only_a_new_flood_is_counted(
    flooding: frozenset[int], known: dict[int, Suspension], now: datetime
) -> None:
    decision = floods.decide(flooding, known, now=now)
    for sender, one in decision.out.items():
        assert sender not in known or known[sender].resumed_at is not None
        assert one == floods.suspended(known.get(sender), now=now)
    for sender, one in decision.longer.items():
        assert (one.times, one.suspended_at) == (known[sender].times, known[sender].suspended_at)
        assert one.until == now + RULES.first_pause


@given(FLOODING, KNOWN, SECONDS)
def test_deciding_again_on_what_was_decided_changes_nothing(
    flooding: frozenset[int], known: dict[int, Suspension], now: datetime
) -> None:
    first = floods.decide(flooding, known, now=now)
    after = {**known, **first.out, **first.longer}
    for sender in first.back:
        one = known[sender]
        after[sender] = Suspension(one.suspended_at, one.until, one.times, resumed_at=now)
    again = floods.decide(flooding, after, now=now)
    assert (again.out, again.longer, again.back) == ({}, {}, frozenset())
