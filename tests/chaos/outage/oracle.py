"""Holds gaps, incidents and mails against what the devices did."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap on record, whatever became of it."""

    device: int
    from_ms: int


@dataclass(frozen=True, slots=True)
class Truth:
    """Which devices died when, who is told of whom, and who is told of us."""

    died_ms: Mapping[int, int]
    interval_ms: int
    told_of: Mapping[int, frozenset[str]]
    admins: frozenset[str]

    @property
    def concerned(self) -> frozenset[str]:
        """Of somebody who died they may be told."""
        return frozenset().union(*(self.told_of[device] for device in self.died_ms))


@dataclass(frozen=True, slots=True)
class Seen:
    """What the product did: gaps, causes of incidents, and to whom mails came, in order."""

    gaps: Sequence[Gap]
    causes: Sequence[str]
    while_away: Sequence[str]
    afterwards: Sequence[str]


@dataclass(slots=True)
class Verdict:
    """`strangers`: told although nothing of theirs happened; `storm`: told too often."""

    platform_incidents: int = 0
    messages: int = 0
    worst_per_recipient: int = 0
    false_gaps: int = 0
    missed: list[int] = field(default_factory=list)
    strangers: Counter[str] = field(default_factory=Counter)
    untold_admins: frozenset[str] = frozenset()
    other_causes: Counter[str] = field(default_factory=Counter)

    @property
    def is_good(self) -> bool:
        is_one = self.platform_incidents == 1 and self.worst_per_recipient <= 1
        is_true = not self.false_gaps and not self.missed and not self.strangers
        return is_one and is_true and not self.untold_admins and not self.other_causes

    def line(self, *, devices: int, outage_s: float) -> str:
        """For machines."""
        return (
            f"devices={devices} outage_s={outage_s:g} "
            f"platform_incidents={self.platform_incidents} messages={self.messages} "
            f"worst_per_recipient={self.worst_per_recipient} false_gaps={self.false_gaps}"
        )


#: Of a device that is dead one may say this; of nobody anything else.
OF_A_DEVICE = "device_silent"
OF_US = "platform_blind"


def judge(truth: Truth, seen: Seen) -> Verdict:
    causes = Counter(seen.causes)
    away, after = Counter(seen.while_away), Counter(seen.afterwards)
    found = {gap.device for gap in seen.gaps}
    return Verdict(
        platform_incidents=causes.pop(OF_US, 0),
        messages=sum(away.values()),
        # Back again, the administrators hear once that it is over.
        worst_per_recipient=max([0, *away.values(), *(after[admin] for admin in truth.admins)]),
        false_gaps=sum(_is_false(gap, truth) for gap in seen.gaps),
        missed=sorted(truth.died_ms.keys() - found),
        strangers=_strangers(away, truth.admins)
        + _strangers(after, truth.admins | truth.concerned),
        untold_admins=truth.admins - away.keys(),
        other_causes=Counter({cause: n for cause, n in causes.items() if cause != OF_A_DEVICE}),
    )


def _is_false(gap: Gap, truth: Truth) -> bool:
    """What a device did in the interval in which it died it told nobody."""
    died_ms = truth.died_ms.get(gap.device)
    return died_ms is None or gap.from_ms < died_ms - truth.interval_ms


def _strangers(told: Counter[str], expected: Iterable[str]) -> Counter[str]:
    known = frozenset(expected)
    return Counter({person: count for person, count in told.items() if person not in known})
