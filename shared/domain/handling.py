"""What people do about an incident besides taking it up, and what may be done when.

comment, assign: any time          snooze: while it is open, for a while, with a reason
explain: the facility, any time ──▶ EXPLAINED ──review──▶ ACCEPTED | REJECTED ──explain──▶ …
resolve: says what it was; a gap ends only when the watch goes on, never because of a word
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.states import IncidentState, Severity


class ActionKind(StrEnum):
    """One row each; alerts takes it in with an event. What was said is its note, the rest below."""

    COMMENT = "comment"
    #: `user_id`: who is to see to it.
    ASSIGN = "assign"
    #: `until`: RFC 3339; the note is the reason.
    SNOOZE = "snooze"
    #: `documents`: numbers of scans that prove it; may be empty.
    EXPLAIN = "explain"
    #: `explanation`: the number of that action; `verdict`.
    REVIEW = "review"
    #: `resolution`.
    RESOLVE = "resolve"


class Way(StrEnum):
    """How somebody took an incident up."""

    CONSOLE = "console"
    API = "api"
    #: From a message, without logging in.
    LINK = "link"
    SMS = "sms"


class Resolution(StrEnum):
    """What it was: the closed list to choose from."""

    POWER_CUT = "power_cut"
    INTERNET_DOWN = "internet_down"
    NETWORK_FAULT = "network_fault"
    DEVICE_BROKEN = "device_broken"
    DEVICE_UNPLUGGED = "device_unplugged"
    PICTURE_OBSTRUCTED = "picture_obstructed"
    MAINTENANCE_WORK = "maintenance_work"
    ROUND_NOT_DONE = "round_not_done"
    DELIBERATE = "deliberate"
    PLATFORM_FAULT = "platform_fault"
    FALSE_ALARM = "false_alarm"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What the inspector says to an explanation."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Obstacle(StrEnum):
    """Why something cannot be done."""

    OVER = "over"
    TOO_LONG = "too_long"
    IN_THE_PAST = "in_the_past"
    NO_REASON = "no_reason"
    NOTHING_TO_REVIEW = "nothing_to_review"
    OWN_EXPLANATION = "own_explanation"
    ALREADY_WAITING = "already_waiting"


#: Put off no longer than this; the longer it lasts unwatched, the less it can wait.
LONGEST_SNOOZE: Final = {
    Severity.NOTICE: timedelta(hours=8),
    Severity.WARNING: timedelta(hours=4),
    Severity.CRITICAL: timedelta(hours=1),
}


def why_not_snoozed(
    state: IncidentState, severity: Severity, *, until: datetime, reason: str, now: datetime
) -> Obstacle | None:
    """What stands against putting an incident off."""
    faults = (
        (state is not IncidentState.OPEN, Obstacle.OVER),
        (not reason.strip(), Obstacle.NO_REASON),
        (until <= now, Obstacle.IN_THE_PAST),
        (until - now > LONGEST_SNOOZE[severity], Obstacle.TOO_LONG),
    )
    return next((obstacle for is_so, obstacle in faults if is_so), None)


def why_not_reviewed(
    explained_by: int | None, reviewer: int, *, last_verdict: Verdict | None
) -> Obstacle | None:
    """An explanation is accepted or rejected once, by somebody else than who gave it."""
    if explained_by is None or last_verdict is not None:
        return Obstacle.NOTHING_TO_REVIEW
    return Obstacle.OWN_EXPLANATION if explained_by == reviewer else None


def why_not_explained(explained_by: int | None, *, last_verdict: Verdict | None) -> Obstacle | None:
    """One explanation at a time waits for the inspector; what was accepted stays accepted."""
    if explained_by is not None and last_verdict is not Verdict.REJECTED:
        return Obstacle.ALREADY_WAITING
    return None
