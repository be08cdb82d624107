"""What needs four eyes: a mute, maintenance, a correction afterwards, an export that names people.

              ┌─ refuse ───────────────▶ REFUSED
    REQUESTED ┼─ 7 days, or too late ──▶ EXPIRED
              ├─ withdraw ─────────────▶ WITHDRAWN
              └─ approve ─▶ APPROVED ── it begins ─▶ IN_FORCE ── it ends ─▶ OVER
                               └──────────┬─────────────┘
                                withdraw, revoke ──▶ WITHDRAWN, REVOKED

A state follows from what was done and from what time it is; nothing has to happen for it. What
repeats is APPROVED again between two times, and OVER after the last. A correction is IN_FORCE from
its approval on, for good: it says of a time that is over what was not known of it then.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.access import Action

#: So long an approved export may be fetched.
HAND_OUT: Final = timedelta(hours=24)


class Kind(StrEnum):
    """What is asked for."""

    MUTE = "mute"
    MAINTENANCE = "maintenance"
    #: Maintenance that nobody had approved in time: excused afterwards, and said to be.
    CORRECTION = "correction"
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
    BEGINS_IN_THE_PAST = "begins_in_the_past"
    NOT_OVER_YET = "not_over_yet"
    TOO_LONG_AGO = "too_long_ago"
    OVERLAPS_ITSELF = "overlaps_itself"
    ONLY_MAINTENANCE_REPEATS = "only_maintenance_repeats"
    SERIES_TOO_LONG = "series_too_long"
    TOO_LONG = "too_long"
    TOO_FAR_AHEAD = "too_far_ahead"
    NOT_OPEN = "not_open"
    OWN_REQUEST = "own_request"
    SAME_PERSON = "same_person"
    NOT_IN_FORCE = "not_in_force"
    NOT_THE_REQUESTER = "not_the_requester"


class Repeats(StrEnum):
    """How often a window comes again. A day is 24 hours: Viet Nam never changes its clocks."""

    DAILY = "daily"
    WEEKLY = "weekly"


PERIODS: Final = {Repeats.DAILY: timedelta(days=1), Repeats.WEEKLY: timedelta(days=7)}
_FOR_GOOD: Final = datetime(9999, 1, 1, tzinfo=UTC)
MAY_REQUEST: Final = {
    Kind.MUTE: Action.REQUEST_EXCEPTION,
    Kind.MAINTENANCE: Action.REQUEST_EXCEPTION,
    Kind.CORRECTION: Action.REQUEST_EXCEPTION,
    Kind.NAMED_EXPORT: Action.REQUEST_EXPORT,
}
MAY_DECIDE: Final = {
    Kind.MUTE: Action.APPROVE_EXCEPTION,
    Kind.MAINTENANCE: Action.APPROVE_EXCEPTION,
    Kind.CORRECTION: Action.APPROVE_EXCEPTION,
    Kind.NAMED_EXPORT: Action.APPROVE_EXPORT,
}
#: Nobody is handed what they could not look at.
NEEDED_FOR: Final = {
    Dataset.PEOPLE: Action.SEE_PEOPLE,
    Dataset.ACCESS_LOG: Action.SEE_ACCESS_LOG,
}


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, half-open. If it repeats, this is the first time, and no later one
    begins at or after `repeats_until`."""

    starts_at: datetime
    ends_at: datetime
    repeats: Repeats | None = None
    repeats_until: datetime | None = None

    @property
    def period(self) -> timedelta | None:
        return None if self.repeats is None else PERIODS[self.repeats]

    @property
    def over_at(self) -> datetime:
        """When the last of its times ends."""
        if self.period is None or self.repeats_until is None:
            return self.ends_at
        later = max(self.repeats_until - self.starts_at, timedelta(microseconds=1))
        return self.ends_at + self.period * (-(-later // self.period) - 1)

    def times(self, since: datetime, until: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """Each of its times that has a part in a span."""
        if self.period is None:
            is_near = self.starts_at < until and since < self.ends_at
            return ((self.starts_at, self.ends_at),) if is_near else ()
        first = max(0, (since - self.ends_at) // self.period + 1)
        found = []
        shift = self.period * first
        while self.starts_at + shift < until and self.ends_at + shift <= self.over_at:
            found.append((self.starts_at + shift, self.ends_at + shift))
            shift += self.period
        return tuple(found)


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


def force(approval: Approval) -> Window | None:
    """When it holds, if nobody ends it; not before it was approved. Of what repeats, from the
    first time to the end of the last."""
    if approval.decision is not Decision.APPROVED or approval.decided_at is None:
        return None
    if approval.window is None:
        return Window(approval.decided_at, approval.decided_at + HAND_OUT)
    if approval.kind is Kind.CORRECTION:
        return Window(approval.decided_at, _FOR_GOOD)
    begins = max(approval.window.starts_at, approval.decided_at)
    return Window(begins, approval.window.over_at)


def state(approval: Approval, *, now: datetime) -> State:
    if approval.decision is Decision.REFUSED:
        return State.REFUSED
    if approval.ended_at is not None:
        is_own = approval.ended_by == approval.requested_by
        return State.WITHDRAWN if is_own else State.REVOKED
    holds = force(approval)
    if holds is None:
        return State.EXPIRED if now >= approval.expires_at else State.REQUESTED
    if now >= holds.ends_at:
        return State.OVER
    is_pause = now < holds.starts_at or not _is_its_time(approval, now)
    return State.APPROVED if is_pause else State.IN_FORCE


def _is_its_time(approval: Approval, now: datetime) -> bool:
    if approval.window is None or approval.kind is Kind.CORRECTION:
        return True
    return bool(approval.window.times(now, now + timedelta(microseconds=1)))


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


def as_known(approval: Approval, at: datetime) -> Approval:
    """As it stood then: what was decided or ended afterwards was not known yet."""
    then = approval
    if then.ended_at is not None and then.ended_at > at:
        then = replace(then, ended_by=None, ended_at=None)
    if then.decided_at is not None and then.decided_at > at:
        then = replace(then, decision=None, decided_by=None, decided_at=None)
    return then


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
