"""What becomes of a message that could not be handed over: tried again later, or given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=4)
GIVE_UP_AFTER: Final = timedelta(hours=48)
#: A server that says "later" means it: who comes back sooner is put off for longer.
PUT_OFF: Final = timedelta(minutes=15)
#: A receipt that was promised comes within this, or counts as none.
RECEIPT_WITHIN: Final = timedelta(minutes=5)
#: Whoever has not been reached for so long is tried otherwise, and somebody else is told.
UNDELIVERED_AFTER: Final = timedelta(minutes=10)
#: One address gets no more than one digest in this time; a new one gathers for a moment first.
DIGEST_EVERY: Final = timedelta(minutes=10)
DIGEST_GATHERS: Final = timedelta(minutes=1)
#: What one address gets is counted over this time.
CAP_WINDOW: Final = timedelta(hours=1)


class Channel(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    WEBHOOK = "webhook"


class MessageState(StrEnum):
    """
    pending ──accepted──▶ sent ──bounced, bad receipt──▶ dead
       │                   └──no receipt, another gateway──▶ pending ──▶ sent
       ├──refused, too long──▶ dead
       └──acknowledged, sent instead──▶ cancelled
    over the cap when it is written ──▶ digested
    """

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"
    DIGESTED = "digested"


class Receipt(StrEnum):
    """What a gateway said later of a message it had accepted."""

    DELIVERED = "delivered"
    FAILED = "failed"
    #: It promised to say, and did not in time.
    NEVER = "never"


class MessageKind(StrEnum):
    """What a message is for."""

    ALERT = "alert"
    ESCALATION = "escalation"
    NEWS = "news"
    RECOVERY = "recovery"
    CORRECTION = "correction"
    #: To who comes into charge of what is open.
    HANDED_OVER = "handed_over"
    #: Of no incident: what is wrong in the registry, once a day.
    VACANCY = "vacancy"
    REVIEW = "review"
    #: Once more, while nobody takes it up.
    REMINDER = "reminder"
    #: It comes and goes; and it holds again.
    UNSTABLE = "unstable"
    STEADY = "steady"
    #: A mute or a maintenance window is over, and it lasts.
    EXEMPTION_ENDED = "exemption_ended"
    ASSIGNED = "assigned"
    #: What would have been too many, in one.
    DIGEST = "digest"
    #: Asked for by a person, to see whether it arrives.
    TEST = "test"
    #: About a person's own account; it has an outbox of its own.
    ACCOUNT = "account"


class Outcome(StrEnum):
    """How an attempt ended. No outcome at all: we never learned."""

    ACCEPTED = "accepted"
    RETRY = "retry"
    REFUSED = "refused"


class GivenUp(StrEnum):
    """Why a message is dead."""

    REFUSED = "refused"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class TryAgain:
    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    reason: GivenUp


def pause_after(attempts: int) -> timedelta:
    """A minute after the first failure, then twice as long each time, four hours at most."""
    doublings = min(max(attempts, 1) - 1, 20)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message was not handed over this time; `wait`: no sooner again."""

    is_retryable: bool
    wait: timedelta = timedelta(0)


def after_failure(
    failure: Failure, *, attempts: int, created_at: datetime, now: datetime
) -> TryAgain | GiveUp:
    if not failure.is_retryable:
        return GiveUp(GivenUp.REFUSED)
    if now - created_at >= GIVE_UP_AFTER:
        return GiveUp(GivenUp.TOO_LONG)
    return TryAgain(now + max(pause_after(attempts), failure.wait))


def digest_due_at(oldest_held_at: datetime, last_digest_at: datetime | None) -> datetime:
    """Soon for who got none lately; never later than a whole period after what is held longest."""
    gathered_at = oldest_held_at + DIGEST_GATHERS
    if last_digest_at is None:
        return gathered_at
    return max(gathered_at, last_digest_at + DIGEST_EVERY)
