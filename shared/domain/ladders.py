"""Which ladder an incident climbs, and in which order and when its rungs have their turn.

The one closest to the incident counts: its facility's, that of the nearest unit, the country's; of
those, the one that says more of what it is for. Without any, the usual one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain import flapping
from shared.domain.access import POLICY, Action, Role
from shared.domain.area_outage import is_told_by_parent
from shared.domain.delivery import Channel
from shared.domain.escalation import DEFAULT_LADDER, PLATFORM_LADDER, Planned, Rung
from shared.domain.holidays import NO_HOLIDAYS, Holidays
from shared.domain.incidents import HOLD
from shared.domain.office_hours import holds, next_within
from shared.domain.states import OUR_OWN, Cause, Severity

#: Where nobody said how often: what the law wants watched is said again until somebody acts.
STATUTORY_REPEAT: Final = timedelta(minutes=30)
#: What a ladder may use: people are told, not agencies.
CHANNELS: Final = (Channel.EMAIL, Channel.SMS, Channel.PUSH)
MOST_RUNGS: Final = 20
#: Who may be told at all.
TELLABLE: Final = tuple(role for role in Role if Action.WATCH in POLICY[role])


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs, and for what. Nothing said of severity, zone kind or place means any."""

    key: str
    rungs: tuple[Rung, ...]
    valid_from: datetime
    id: int | None = None
    severity: Severity | None = None
    zone_kind: str | None = None
    facility_id: int | None = None
    admin_unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What of an incident decides which ladder it climbs. `units`: the nearest first."""

    severity: Severity
    cause: Cause
    zone_kinds: Set[str] = frozenset()
    facility_id: int | None = None
    units: tuple[int, ...] = ()
    is_child: bool = False
    is_unstable: bool = False

    @property
    def ending(self) -> str:
        """What besides the ladder decides which rungs there are, as a key ends with it."""
        parts = (
            f"/{self.severity}",
            "/child" if self.is_child else "",
            "/unstable" if self.is_unstable else "",
        )
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class Taken:
    """A rung that was climbed, as the history has it."""

    key: str
    number: int
    role: Role


@dataclass(frozen=True, slots=True)
class Plan:
    """The rungs of one incident in the order of their turns; `key` changes when they do."""

    key: str
    turns: tuple[Planned, ...]

    def come_by(self, now: datetime) -> int:
        """How many of them have had their turn."""
        return sum(turn.due_at <= now for turn in self.turns)

    def may_hasten(self, now: datetime, *, holidays: Holidays = NO_HOLIDAYS) -> bool:
        """Whether anybody whose turn has not come can be told now."""
        later = [turn.rung for turn in self.turns if now < turn.due_at]
        return any(holds(rung.hours, now, holidays=holidays) for rung in later)


def choose_ladder(ladders: Iterable[Ladder], case: Case) -> Ladder | None:
    """The closest that fits; an empty one is a mistake, not a wish for silence."""
    fitting = [(_closeness(one, case), one) for one in ladders if one.rungs and _fits(one, case)]
    placed = [(near, one) for near, one in fitting if near is not None]
    if not placed:
        return None
    return min(placed, key=lambda pair: _rank(*pair))[1]


def _fits(ladder: Ladder, case: Case) -> bool:
    is_kind = ladder.zone_kind is None or ladder.zone_kind in case.zone_kinds
    return is_kind and ladder.severity in {None, case.severity}


def _closeness(ladder: Ladder, case: Case) -> int | None:
    """Nothing if it is another place's."""
    if ladder.facility_id is not None:
        return 0 if ladder.facility_id == case.facility_id else None
    if ladder.admin_unit_id is None:
        return 1 + len(case.units)
    near = {unit: number for number, unit in enumerate(case.units, start=1)}
    return near.get(ladder.admin_unit_id)


def _rank(closeness: int, ladder: Ladder) -> tuple[int, int, bool, float, int]:
    """Severity says more than a kind of zone; of two that say the same, the newer one counts."""
    said = (ladder.severity is not None) + (ladder.zone_kind is not None)
    age = -ladder.valid_from.timestamp()
    return closeness, -said, ladder.severity is None, age, -(ladder.id or 0)


def plan(
    ladder: Ladder | None,
    case: Case,
    counts_from: datetime,
    *,
    hold: timedelta = HOLD,
    holidays: Holidays = NO_HOLIDAYS,
) -> Plan:
    """Who would be told when, if nobody acts."""
    key, rungs = (ladder.key, ladder.rungs) if ladder else ("usual", DEFAULT_LADDER)
    if case.cause in OUR_OWN:
        key, rungs = "own", PLATFORM_LADDER
    spared = [rung for rung in rungs if not _is_told_elsewhere(rung, case)]
    turns = in_order(
        [_repeated(rung, case) for rung in spared],
        counts_from, hold=hold, holidays=holidays,
    )  # fmt: skip
    return Plan(key + case.ending, turns)


def in_order(
    rungs: Iterable[Rung],
    counts_from: datetime,
    *,
    hold: timedelta = HOLD,
    holidays: Holidays = NO_HOLIDAYS,
) -> tuple[Planned, ...]:
    """As the turns come: no rung comes before the one below it, but one that waits for its hours
    lets others by."""
    turns: list[Planned] = []
    after = hold
    for rung in sorted(rungs, key=lambda rung: (rung.number, rung.after)):
        after = max(after, rung.after)
        due_at = next_within(rung.hours, counts_from + after, holidays=holidays)
        turns.append(Planned(rung, due_at))
    return tuple(sorted(turns, key=lambda turn: turn.due_at))


def _is_told_elsewhere(rung: Rung, case: Case) -> bool:
    """Authorities hear of an area outage once, operators of what is theirs."""
    if case.is_child:
        return is_told_by_parent(rung.role)
    return case.cause is Cause.AREA_OUTAGE and not is_told_by_parent(rung.role)


def _repeated(rung: Rung, case: Case) -> Rung:
    """What is critical is said again in any case; what comes and goes, less often."""
    repeat = rung.repeat
    if case.severity is Severity.CRITICAL and repeat is None:
        repeat = STATUTORY_REPEAT
    if case.is_unstable:
        repeat = flapping.seldom(repeat)
    return replace(rung, repeat=repeat) if repeat != rung.repeat else rung


def done_first(turns: Sequence[Planned], key: str, taken: Iterable[Taken]) -> tuple[Planned, ...]:
    """What was climbed already, and then what is left; see `steps_done`."""
    done = _done(turns, key, taken)
    first = [turn for number, turn in enumerate(turns) if number in done]
    return (*first, *(turn for number, turn in enumerate(turns) if number not in done))


def steps_done(turns: Sequence[Planned], key: str, taken: Iterable[Taken]) -> int:
    return len(_done(turns, key, taken))


def _done(turns: Sequence[Planned], key: str, taken: Iterable[Taken]) -> set[int]:
    """On another ladder than before, whoever was told in a role is not told in it again."""
    past = list(taken)
    same = Counter((one.number, one.role) for one in past if one.key == key)
    roles = Counter(one.role for one in past if one.key != key)
    done: set[int] = set()
    for number, turn in enumerate(turns):
        step = (turn.rung.number, turn.rung.role)
        if same[step]:
            same[step] -= 1
        elif roles[turn.rung.role]:
            roles[turn.rung.role] -= 1
        else:
            continue
        done.add(number)
    return done


class Obstacle(StrEnum):
    """Why steps make no ladder."""

    NO_STEPS = "no_steps"
    TOO_MANY = "too_many"
    #: Whoever may not see the watch must not be told of it.
    SEES_NOTHING = "sees_nothing"
    #: It would wait for ever for somebody who may not take it up.
    CANNOT_ACKNOWLEDGE = "cannot_acknowledge"
    NOT_IN_ORDER = "not_in_order"
    NO_CHANNEL = "no_channel"


def why_no_ladder(rungs: Sequence[Rung]) -> Obstacle | None:
    """What is wrong with steps; each later one comes no sooner."""
    times = [rung.after for rung in rungs]
    faults = (
        (not rungs, Obstacle.NO_STEPS),
        (len(rungs) > MOST_RUNGS, Obstacle.TOO_MANY),
        (any(rung.role not in TELLABLE for rung in rungs), Obstacle.SEES_NOTHING),
        (
            any(r.needs_all and Action.ACKNOWLEDGE not in POLICY[r.role] for r in rungs),
            Obstacle.CANNOT_ACKNOWLEDGE,
        ),
        (times != sorted(times), Obstacle.NOT_IN_ORDER),
        (not all(rung.channels and set(rung.channels) <= set(CHANNELS) for rung in rungs),
         Obstacle.NO_CHANNEL),
    )  # fmt: skip
    return next((obstacle for is_so, obstacle in faults if is_so), None)


def covers(ladder: Ladder, facility_id: int, units: Sequence[int]) -> bool:
    """Whether a facility, with the units it lies in, is where a ladder counts."""
    if ladder.facility_id is not None:
        return ladder.facility_id == facility_id
    return ladder.admin_unit_id is None or ladder.admin_unit_id in units
