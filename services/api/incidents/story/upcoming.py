"""What happens next to an incident if nobody does anything: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.api.incidents.schemas import IncidentOut
from services.api.incidents.story.telling import role_words
from services.api.overview.shown import Voice
from shared.domain import ladders
from shared.domain.access import Role
from shared.domain.approvals import Kind
from shared.domain.exemptions import SILENCED
from shared.domain.holidays import NO_HOLIDAYS, Holidays
from shared.domain.ladders import Case, Ladder, Taken
from shared.domain.states import IncidentState
from shared.i18n import marked


class Next(StrEnum):
    """What is to be expected."""

    OVER = "over"
    IN_HAND = "in_hand"
    PUT_OFF = "put_off"
    SILENCED = "silenced"
    STEP = "step"
    AGAIN = "again"
    NOTHING = "nothing"


WORDS: Final[Mapping[Next, str]] = {
    Next.OVER: "",
    Next.IN_HAND: marked("Somebody sees to it, so nobody further is told."),
    Next.SILENCED: marked("Messages are silenced by an approval; gaps go on record."),
    Next.PUT_OFF: marked("Put off: nobody is told before %(time)s."),
    Next.STEP: marked("%(role)s is told at %(time)s unless somebody takes it up."),
    Next.AGAIN: marked("Everybody told is told again at %(time)s unless somebody takes it up."),
    Next.NOTHING: marked("Everybody on the ladder has been told; nobody has taken it up."),
}
NOW: Final = marked("%(role)s is told now.")


@dataclass(frozen=True, slots=True)
class Climb:
    """How far up its ladder an incident is."""

    case: Case
    ladders: Sequence[Ladder]
    taken: Sequence[Taken]
    counts_from: datetime
    remind_after: timedelta | None = None
    #: Under which approval it stands, if under any.
    quiet: Kind | None = None
    #: What the hours of steps go by.
    holidays: Holidays = NO_HOLIDAYS


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What comes next, to whom and when."""

    what: Next
    at: datetime | None = None
    role: Role | None = None


def upcoming(incident: IncidentOut, climb: Climb, *, now: datetime) -> Upcoming:
    """By the rules that alerts goes by."""
    if incident.state is IncidentState.RESOLVED:
        return Upcoming(Next.OVER)
    if incident.acknowledged_at is not None:
        return Upcoming(Next.IN_HAND)
    if climb.quiet is Kind.MAINTENANCE:
        return Upcoming(Next.SILENCED)
    return _put_off(_climbing(climb), incident.snoozed_until, now)


def _climbing(climb: Climb) -> Upcoming:
    chosen = ladders.choose_ladder(climb.ladders, climb.case)
    plan = ladders.plan(chosen, climb.case, climb.counts_from, holidays=climb.holidays)
    done = ladders.steps_done(plan.turns, plan.key, climb.taken)
    left = [
        turn
        for turn in ladders.done_first(plan.turns, plan.key, climb.taken)[done:]
        if climb.quiet is None or turn.rung.role not in SILENCED
    ]
    again_at = climb.counts_from + climb.remind_after if climb.remind_after else None
    if climb.quiet is not None and not left:
        return Upcoming(Next.SILENCED)
    if left and (again_at is None or left[0].due_at <= again_at):
        return Upcoming(Next.STEP, left[0].due_at, left[0].rung.role)
    return Upcoming(Next.AGAIN, again_at) if again_at else Upcoming(Next.NOTHING)


def _put_off(next_one: Upcoming, until: datetime | None, now: datetime) -> Upcoming:
    is_put_off = until is not None and now < until
    if not is_put_off or (next_one.at is not None and until is not None and next_one.at >= until):
        return next_one
    return Upcoming(Next.PUT_OFF, until, next_one.role)


def next_words(next_one: Upcoming, voice: Voice, *, now: datetime) -> str:
    """Nothing of what is over."""
    is_due = next_one.at is not None and next_one.at <= now
    text = NOW if next_one.what is Next.STEP and is_due else WORDS[next_one.what]
    role = role_words(next_one.role, voice.t) if next_one.role else ""
    time = voice.near(next_one.at) if next_one.at else ""
    said = voice.t.gettext(text, role=role, time=time)
    return said[:1].upper() + said[1:]
