"""What needs four eyes: a mute, a maintenance window, an export that names people.

              ┌─ refuse ───────────────▶ REFUSED
    REQUESTED ┼─ 7 days, or too late ──▶ EXPIRED
              ├─ withdraw ─────────────▶ WITHDRAWN
              └─ approve ─▶ APPROVED ── it begins ─▶ IN_FORCE ── it ends ─▶ OVER
                               └──────────┬─────────────┘
                                withdraw, revoke ──▶ WITHDRAWN, REVOKED

A state follows from what was done and from what time it is; nothing has to happen for it.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.access import Action

#: So long a request waits for somebody.
PATIENCE: Final = timedelta(days=7)
#: So long an approved export may be fetched.
HAND_OUT: Final = timedelta(hours=24)


class Kind(StrEnum):
    """What is asked for."""

    MUTE = "mute"
    MAINTENANCE = "maintenance"
    NAMED_EXPORT = "named_export"


class Dataset(StrEnum):
    """What an export holds."""

    PEOPLE = "people"
    ACCESS_LOG = "access_log"


class State(StrEnum):
    """What has become of a request."""

    REQUESTED = "requested"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    OVER = "over"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


class Decision(StrEnum):
    """What somebody else says to it."""

    APPROVED = "approved"
    REFUSED = "refused"


class Obstacle(StrEnum):
    """Why something cannot be done."""

    NO_WINDOW = "no_window"
    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    ALREADY_OVER = "already_over"
    TOO_LONG = "too_long"
    TOO_FAR_AHEAD = "too_far_ahead"
    NOT_OPEN = "not_open"
    OWN_REQUEST = "own_request"
    SAME_PERSON = "same_person"
    NOT_IN_FORCE = "not_in_force"
    NOT_THE_REQUESTER = "not_the_requester"


#: A mute hides alerts, so it is short; maintenance is planned.
LONGEST: Final = {Kind.MUTE: timedelta(hours=24), Kind.MAINTENANCE: timedelta(days=30)}
FARTHEST_AHEAD: Final = timedelta(days=90)
MAY_REQUEST: Final = {
    Kind.MUTE: Action.REQUEST_EXCEPTION,
    Kind.MAINTENANCE: Action.REQUEST_EXCEPTION,
    Kind.NAMED_EXPORT: Action.REQUEST_EXPORT,
}
MAY_DECIDE: Final = {
    Kind.MUTE: Action.APPROVE_EXCEPTION,
    Kind.MAINTENANCE: Action.APPROVE_EXCEPTION,
    Kind.NAMED_EXPORT: Action.APPROVE_EXPORT,
}
#: Nobody is handed what they could not look at.
NEEDED_FOR: Final = {
    Dataset.PEOPLE: Action.SEE_PEOPLE,
    Dataset.ACCESS_LOG: Action.SEE_ACCESS_LOG,
}


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, half-open."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """A request, and what was done with it. People by their numbers."""

    kind: Kind
    requested_by: int
    requested_at: datetime
    expires_at: datetime
    #: Exports have none: they may be fetched for a day.
    window: Window | None = None
    decision: Decision | None = None
    decided_by: int | None = None
    decided_at: datetime | None = None
    ended_by: int | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever stands behind an account, as far as we can tell."""

    user_id: int
    email: str
    #: Issuer and subject at identity providers.
    identities: Set[tuple[str, str]] = frozenset()


def why_not_asked(kind: Kind, window: Window | None, *, now: datetime) -> Obstacle | None:
    """What is wrong with a request."""
    if kind is Kind.NAMED_EXPORT:
        return None
    if window is None:
        return Obstacle.NO_WINDOW
    faults = (
        (window.starts_at >= window.ends_at, Obstacle.ENDS_BEFORE_IT_BEGINS),
        (window.ends_at <= now, Obstacle.ALREADY_OVER),
        (window.ends_at - window.starts_at > LONGEST[kind], Obstacle.TOO_LONG),
        (window.starts_at > now + FARTHEST_AHEAD, Obstacle.TOO_FAR_AHEAD),
    )
    return next((obstacle for is_so, obstacle in faults if is_so), None)


def expires_at(window: Window | None, *, now: datetime) -> datetime:
    """Until when somebody must have decided: what is over needs no approval any more."""
    patience = now + PATIENCE
    return patience if window is None else min(patience, window.ends_at)


def force(approval: Approval) -> Window | None:
    """When it holds, if nobody ends it; not before it was approved."""
    if approval.decision is not Decision.APPROVED or approval.decided_at is None:
        return None
    if approval.window is None:
        return Window(approval.decided_at, approval.decided_at + HAND_OUT)
    begins = max(approval.window.starts_at, approval.decided_at)
    return Window(begins, approval.window.ends_at)


def state(approval: Approval, *, now: datetime) -> State:
    if approval.decision is Decision.REFUSED:
        return State.REFUSED
    if approval.ended_at is not None:
        is_own = approval.ended_by == approval.requested_by
        return State.WITHDRAWN if is_own else State.REVOKED
    holds = force(approval)
    if holds is None:
        return State.EXPIRED if now >= approval.expires_at else State.REQUESTED
    if now < holds.starts_at:
        return State.APPROVED
    return State.IN_FORCE if now < holds.ends_at else State.OVER


def why_not_decided(
    approval: Approval, asker: Person, decider: Person, *, now: datetime
) -> Obstacle | None:
    """Four eyes are those of two people, not of two accounts."""
    if state(approval, now=now) is not State.REQUESTED:
        return Obstacle.NOT_OPEN
    if asker.user_id == decider.user_id:
        return Obstacle.OWN_REQUEST
    return Obstacle.SAME_PERSON if is_same_person(asker, decider) else None


def why_not_ended(approval: Approval, *, now: datetime) -> Obstacle | None:
    """Before its time: by whoever asked, or by whoever may decide."""
    is_open = state(approval, now=now) in {State.REQUESTED, State.APPROVED, State.IN_FORCE}
    return None if is_open else Obstacle.NOT_OPEN


def why_not_fetched(approval: Approval, user_id: int, *, now: datetime) -> Obstacle | None:
    """An export is handed to whoever asked for it, and to nobody else."""
    if approval.requested_by != user_id:
        return Obstacle.NOT_THE_REQUESTER
    is_ready = state(approval, now=now) is State.IN_FORCE
    return None if is_ready else Obstacle.NOT_IN_FORCE


def decided(approval: Approval, decision: Decision, by: int, *, at: datetime) -> Approval:
    return replace(approval, decision=decision, decided_by=by, decided_at=at)


def ended(approval: Approval, by: int, *, at: datetime) -> Approval:
    return replace(approval, ended_by=by, ended_at=at)


def is_same_person(one: Person, other: Person) -> bool:
    """Whether two accounts are one person's, by the same identity or the same mailbox."""
    return (
        one.user_id == other.user_id
        or bool(one.identities & other.identities)
        or _mailbox(one.email) == _mailbox(other.email)
    )


def _mailbox(email: str) -> str:
    """Where the mail ends up: neither capitals nor what follows a plus make another one."""
    local, _, domain = email.strip().casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
