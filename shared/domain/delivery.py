"""What becomes of a message that could not be handed over: tried again later, or given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=4)
GIVE_UP_AFTER: Final = timedelta(hours=48)


class Channel(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    WEBHOOK = "webhook"


class MessageState(StrEnum):
    """
    pending ──accepted──▶ sent            pending ──acknowledged──▶ cancelled
       ├──refused, too long──▶ dead       pending ──over the cap──▶ digested
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


def after_failure(
    *, is_retryable: bool, attempts: int, created_at: datetime, now: datetime
) -> TryAgain | GiveUp:
    if not is_retryable:
        return GiveUp(GivenUp.REFUSED)
    if now - created_at >= GIVE_UP_AFTER:
        return GiveUp(GivenUp.TOO_LONG)
    return TryAgain(now + pause_after(attempts))
