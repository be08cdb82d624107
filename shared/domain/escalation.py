"""Who is told next about an open incident, and why now.

rung 1 ──after──▶ rung 2 ──after──▶ …      acknowledged or over: no further
   └── nobody there: the next rung at once ──┘   nobody on any rung: the administrators
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.access import Role
from shared.domain.delivery import Channel
from shared.domain.states import Cause


class Why(StrEnum):
    """Why someone is told now."""

    DUE = "due"
    PREVIOUS_UNREACHABLE = "previous_unreachable"
    LAST_RESORT = "last_resort"


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder: a role, and how long after the opening it is told."""

    number: int
    role: Role
    after: timedelta


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
class Standing:
    """How far an incident has climbed."""

    opened_at: datetime
    steps_done: int
    is_acknowledged: bool = False
    was_told: bool = False


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell these people; `nobody_at` are the roles that nobody holds there."""

    rung: Rung
    why: Why
    recipients: tuple[Recipient, ...]
    nobody_at: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nobody holds this rung's role there, so the next one is told at once."""

    rung: Rung


Decision = Tell | Unreachable


def ladder_for(cause: Cause, rungs: Sequence[Rung]) -> tuple[Rung, ...]:
    """In the order of climbing. An empty ladder is a mistake, not a wish for silence."""
    if cause is Cause.PLATFORM_BLIND:
        return PLATFORM_LADDER
    return tuple(sorted(rungs, key=lambda rung: (rung.number, rung.after))) or DEFAULT_LADDER


def is_due(standing: Standing, ladder: Sequence[Rung], *, hold: timedelta, now: datetime) -> bool:
    """Whether the next rung's time has come."""
    if standing.is_acknowledged or standing.steps_done >= len(ladder):
        return False
    return now >= standing.opened_at + max(ladder[standing.steps_done].after, hold)


def climb(
    standing: Standing,
    ladder: Sequence[Rung],
    reachable: Mapping[Role, Sequence[Recipient]],
    *,
    hold: timedelta,
    now: datetime,
) -> tuple[Decision, ...]:
    """What is due now, in order; each decision is one step done, except the last resort."""
    decisions: list[Decision] = []
    nobody_at: list[Role] = []
    done, was_told = standing.steps_done, standing.was_told
    while not standing.is_acknowledged and done < len(ladder):
        rung = ladder[done]
        if not nobody_at and now < standing.opened_at + max(rung.after, hold):
            return tuple(decisions)
        done += 1
        if people := tuple(reachable.get(rung.role, ())):
            why = Why.PREVIOUS_UNREACHABLE if nobody_at else Why.DUE
            decisions.append(Tell(rung, why, people, tuple(nobody_at)))
            nobody_at, was_told = [], True
        else:
            decisions.append(Unreachable(rung))
            nobody_at.append(rung.role)
    admins = tuple(reachable.get(Role.SYS_ADMIN, ()))
    if nobody_at and not was_told and admins:
        rung = Rung(LAST_RESORT, Role.SYS_ADMIN, timedelta(0))
        decisions.append(Tell(rung, Why.LAST_RESORT, admins, tuple(nobody_at)))
    return tuple(decisions)


def steps_taken(decisions: Sequence[Decision]) -> int:
    return sum(decision.rung.number != LAST_RESORT for decision in decisions)
