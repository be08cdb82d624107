"""Who floods us, by what was refused of each sender; how long they stay out, and who returns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: After so long without a suspension, the next is a first one again.
FORGOTTEN_AFTER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """More than `most_refused` within `window` is a flood; the pause doubles with each."""

    window: timedelta = timedelta(seconds=10)
    most_refused: int = 500
    first_pause: timedelta = timedelta(minutes=1)
    longest_pause: timedelta = timedelta(hours=1)

    def pause(self, times: int) -> timedelta:
        """How long a sender stays out when it floods so many times in a row."""
        doublings = min(times - 1, 32)
        return min(self.first_pause * (1 << doublings), self.longest_pause)


RULES: Final = Rules()


@dataclass(frozen=True, slots=True)
class Tally:
    """How much was ever refused of a sender on one of its topics, since when."""

    entry: int
    sender: int
    count: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """What was refused of each sender between two readings of the tallies, taken in at `at`."""

    at: datetime
    of: Mapping[int, int]


def refused_between(
    before: Mapping[int, int], tallies: Iterable[Tally], *, seen_since: datetime, now: datetime
) -> Refused:
    """`before`: the counts by entry at the last reading, of all that grew since `seen_since`.

    So an entry that was not read then counts whole if it began after that. If it is older, nothing
    is known of what it added since the last reading.
    """
    of: dict[int, int] = {}
    for one in tallies:
        known = before.get(one.entry)
        if known is None:
            known = 0 if one.first_at >= seen_since else one.count
        # A smaller count is another entry's, after the quarantine was trimmed.
        of[one.sender] = of.get(one.sender, 0) + max(one.count - known, 0)
    return Refused(now, {sender: count for sender, count in of.items() if count})


def within_window(
    past: Iterable[Refused], *, now: datetime, rules: Rules = RULES
) -> tuple[Refused, ...]:
    """What may still tell a flood."""
    return tuple(one for one in past if now - one.at < rules.window)


def flooding(past: Iterable[Refused], *, rules: Rules = RULES) -> frozenset[int]:
    """The senders of whom too much was refused, in all of it together."""
    sums: dict[int, int] = {}
    for one in past:
        for sender, count in one.of.items():
            sums[sender] = sums.get(sender, 0) + count
    return frozenset(sender for sender, count in sums.items() if count > rules.most_refused)


@dataclass(frozen=True, slots=True)
class Suspension:
    """Of one sender; in force until it is resumed, which is not before `until`."""

    suspended_at: datetime
    until: datetime
    times: int
    resumed_at: datetime | None = None


def suspended(last: Suspension | None, *, now: datetime, rules: Rules = RULES) -> Suspension:
    """A sender that floods, after the `last` time it did."""
    is_again = last is not None and now - (last.resumed_at or last.until) < FORGOTTEN_AFTER
    times = last.times + 1 if last is not None and is_again else 1
    return Suspension(now, now + rules.pause(times), times)


@dataclass(frozen=True, slots=True)
class Decision:
    """Who is suspended from now on, who stays out for longer, and who may come back."""

    out: Mapping[int, Suspension]
    longer: Mapping[int, Suspension]
    back: frozenset[int]


def decide(
    floods: frozenset[int],
    known: Mapping[int, Suspension],
    *,
    now: datetime,
    rules: Rules = RULES,
) -> Decision:
    """`known`: the last suspension of each who ever had one.

    Who is out and still seems to flood has left a queue behind that is being worked off. That is
    nothing new of it, so it stays out for the first length again, and nothing is counted.
    """
    in_force = {sender for sender, one in known.items() if one.resumed_at is None}
    due = {sender for sender in in_force if known[sender].until <= now}
    return Decision(
        out={
            sender: suspended(known.get(sender), now=now, rules=rules)
            for sender in floods - in_force
        },
        longer={
            sender: Suspension(
                known[sender].suspended_at, now + rules.first_pause, known[sender].times
            )
            for sender in due & floods
        },
        back=frozenset(due - floods),
    )
