"""Who is told next about an open incident, and why now.

rung 1 ──after──▶ rung 2 ──after──▶ …      acknowledged or over: no further; put off: later
   ├── nobody there: the next rung at once ──┤   nobody on any rung: the administrators
   └── nobody got the message: the same ─────┘

A rung that keeps hours waits for them, and holds up nobody: see `ladders.in_order`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.access import Role
from shared.domain.delivery import Channel
from shared.domain.holidays import NO_HOLIDAYS, Holidays
from shared.domain.office_hours import Hours, holds


class Why(StrEnum):
    """Why someone is told now."""

    DUE = "due"
    PREVIOUS_UNREACHABLE = "previous_unreachable"
    PREVIOUS_UNDELIVERED = "previous_undelivered"
    LAST_RESORT = "last_resort"


class How(StrEnum):
    """How those who are told were found: by the rota, or because they hold the role."""

    ON_DUTY = "on_duty"
    DEPUTY_ON_DUTY = "deputy_on_duty"
    HOLDER = "holder"
    DEPUTY = "deputy"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder: a role, and how long after the opening it is told."""

    number: int
    role: Role
    after: timedelta
    channels: tuple[Channel, ...] = (Channel.EMAIL,)
    hours: Hours = Hours.ANY
    #: Each of those told must acknowledge; else one is enough.
    needs_all: bool = False
    #: Told again so often, while nobody acknowledges.
    repeat: timedelta | None = None


DEFAULT_LADDER: Final = (
    Rung(1, Role.FACILITY_MANAGER, timedelta(seconds=300)),
    Rung(2, Role.COMMUNE_CPO, timedelta(seconds=900)),
    Rung(3, Role.DEPT_OFFICER, timedelta(seconds=1800)),
)
#: The platform's own failure is its administrators' at once, and nobody else's.
PLATFORM_LADDER: Final = (Rung(1, Role.SYS_ADMIN, timedelta(0)),)
#: The occasion under which the administrators are told when the whole ladder was empty.
LAST_RESORT: Final = 1000


@dataclass(frozen=True, slots=True)
class Recipient:
    """Someone who may be told, where and in which language.

    `address` is the mail address of the account. `channels`: how they were told before, which
    goes before how the occasion would have it.
    """

    user_id: int
    role: Role
    address: str
    language: str
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True, slots=True)
class Reached:
    """Whom a rung finds, and how."""

    people: tuple[Recipient, ...] = ()
    how: How = How.NOBODY


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an incident has climbed. `counts_from`: when its clock began.

    `undelivered_to`: whom the last step told, if no message of it reached anybody.
    """

    counts_from: datetime
    steps_done: int
    is_acknowledged: bool = False
    was_told: bool = False
    snoozed_until: datetime | None = None
    undelivered_to: tuple[Role, ...] = ()

    def rests(self, now: datetime) -> bool:
        """Somebody has it in hand, or put it off."""
        is_put_off = self.snoozed_until is not None and now < self.snoozed_until
        return self.is_acknowledged or is_put_off


@dataclass(frozen=True, slots=True)
class Planned:
    """A rung, and when it is its turn if everybody before it can be told."""

    rung: Rung
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell these people; `nobody_at` are the roles that nobody holds there, `undelivered_to` those
    that were told before and got nothing."""

    rung: Rung
    why: Why
    recipients: tuple[Recipient, ...]
    nobody_at: tuple[Role, ...] = ()
    how: How = How.HOLDER
    undelivered_to: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nobody holds this rung's role there, so the next one is told at once."""

    rung: Rung


Decision = Tell | Unreachable
#: Whom a rung finds at this moment.
Reach = Callable[[Rung], Reached]


def is_due(standing: Standing, plan: Sequence[Planned], *, now: datetime) -> bool:
    """Whether the next rung's time has come."""
    if standing.rests(now) or standing.steps_done >= len(plan):
        return False
    return now >= plan[standing.steps_done].due_at


def climb(
    standing: Standing,
    plan: Sequence[Planned],
    reach: Reach,
    *,
    holidays: Holidays = NO_HOLIDAYS,
    now: datetime,
) -> tuple[Decision, ...]:
    """What is due now, in order; each decision is one step done, except the last resort.

    Whom nobody held up is told in time; after somebody who cannot be told, or whom the message did
    not reach, whoever is next comes at once, unless their hours are still to come.
    """
    if standing.rests(now):
        return ()
    decisions: list[Decision] = []
    nobody_at: list[Role] = []
    unheard = standing.undelivered_to
    was_told = standing.was_told
    for planned in plan[standing.steps_done :]:
        rung = planned.rung
        is_early = now < planned.due_at
        is_hastened = bool(nobody_at or unheard) and holds(rung.hours, now, holidays=holidays)
        if is_early and not is_hastened:
            break
        reached = reach(rung)
        if reached.people:
            why = _why(nobody_at, unheard, is_early=is_early)
            before = tuple(nobody_at)
            decisions.append(Tell(rung, why, reached.people, before, reached.how, unheard))
            nobody_at, unheard, was_told = [], (), True
        else:
            decisions.append(Unreachable(rung))
            nobody_at.append(rung.role)
    if nobody_at and not was_told:
        decisions += _last_resort(reach, nobody_at)
    return tuple(decisions)


def next_told(
    left: Sequence[Planned], reach: Reach, *, holidays: Holidays = NO_HOLIDAYS
) -> Planned | None:
    """Whose turn comes next if nobody acts, and when it really does. Nobody, if none is left.

    Who cannot be told is passed over when their turn comes, and whoever is next is told then,
    unless their hours are still to come.
    """
    passed_at: datetime | None = None
    for planned in left:
        rung, due_at = planned.rung, planned.due_at
        if passed_at is not None and holds(rung.hours, passed_at, holidays=holidays):
            due_at = min(due_at, passed_at)
        if reach(rung).people:
            return Planned(rung, due_at)
        passed_at = due_at
    return None


def _why(nobody_at: Sequence[Role], unheard: Sequence[Role], *, is_early: bool) -> Why:
    """Whoever has nobody before them comes sooner whatever became of the message before that."""
    if nobody_at:
        return Why.PREVIOUS_UNREACHABLE
    return Why.PREVIOUS_UNDELIVERED if unheard and is_early else Why.DUE


def _last_resort(reach: Reach, nobody_at: Sequence[Role]) -> list[Decision]:
    rung = Rung(LAST_RESORT, Role.SYS_ADMIN, timedelta(0))
    admins = reach(rung)
    if not admins.people:
        return []
    return [Tell(rung, Why.LAST_RESORT, admins.people, tuple(nobody_at), admins.how)]


def put_off(
    counts_from: datetime, snoozed_until: datetime | None, *, acted_at: datetime, until: datetime
) -> datetime:
    """From when the clock counts after it was put off: it stands still meanwhile, once.

    Who puts off again what is put off already moves only its end.
    """
    was_until = acted_at if snoozed_until is None else max(snoozed_until, acted_at)
    return counts_from + (until - was_until)
