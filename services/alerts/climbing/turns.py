"""What is said of one incident at one moment: steps climbed, people reminded, and what is next."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.alerts.climbing.planning import place_of, standing_of
from services.alerts.climbing.queries import Climbed, Past
from services.alerts.group.queries import OpenIncident
from shared.db.in_charge import Place, Staff
from shared.domain import duty, escalation, ladders, reminders
from shared.domain.access import Role
from shared.domain.delivery import Channel
from shared.domain.escalation import LAST_RESORT, Decision, Planned, Reached, Rung
from shared.domain.holidays import Holidays
from shared.domain.ladders import Plan
from shared.domain.reminders import Said


@dataclass(frozen=True, slots=True)
class Known:
    """What the decisions of a tick are made from, besides the incidents."""

    plans: Mapping[int, Plan]
    pasts: Mapping[int, Past]
    people: Mapping[Place, Staff]
    #: By incident, who has acknowledged already: with steps that need all, some may have.
    agreed: Mapping[int, Collection[int]]
    in_use: frozenset[Channel]
    holidays: Holidays
    #: By incident, whom its last step told, if no message of it reached anybody.
    undelivered_to: Mapping[int, tuple[Role, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reminder:
    """Told again; nobody is there to be told if `reached` is empty."""

    rung: Rung
    number: int
    reached: Reached


@dataclass(frozen=True, slots=True)
class Turn:
    """What becomes of one incident now. `elapsed`: on its ladder's clock."""

    incident: OpenIncident
    key: str
    elapsed: timedelta
    #: What somebody holds there, whether they can be reached or not.
    roles: frozenset[Role]
    decisions: tuple[Decision, ...]
    reminded: tuple[Reminder, ...]
    climbed: Climbed
    #: Who is told next if nobody acts, and when; nobody is left if absent.
    next_told: Planned | None = None

    @property
    def says(self) -> bool:
        return bool(self.decisions or self.reminded)


def turn(incident: OpenIncident, known: Known, *, now: datetime) -> Turn:
    """Those told for the first time are not reminded in the same breath."""
    own, past = known.plans[incident.id], known.pasts[incident.id]
    staff = known.people.get(place_of(incident), {})
    turns = ladders.done_first(own.turns, own.key, past.taken)
    done = ladders.steps_done(own.turns, own.key, past.taken)

    def reach(rung: Rung) -> Reached:
        return duty.found(staff.get(rung.role, ()), known.in_use)

    decisions = escalation.climb(
        standing_of(incident, done, known.undelivered_to.get(incident.id, ())),
        turns,
        reach,
        holidays=known.holidays,
        now=now,
    )
    elapsed = now - incident.clock_from
    before = [planned.rung for planned in turns[:done]]
    waiting = [rung for rung in before if not _is_agreed(rung, incident, known, staff)]
    again = reminders.again(waiting, past.said, elapsed=elapsed)
    reminded = tuple(_reminder(rung, incident, known, staff) for rung in again)
    taken = [decision.rung for decision in decisions if decision.rung.number != LAST_RESORT]
    said = [
        *past.said,
        *(_said(decision.rung, elapsed) for decision in decisions),
        *(_said(one.rung, elapsed) for one in reminded),
    ]
    done += len(taken)
    remind_after = reminders.next_at([*waiting, *taken], said)
    climbed = Climbed(incident.id, done, own.key, remind_after, now if reminded else None)
    left = escalation.next_told(turns[done:], reach, holidays=known.holidays)
    return Turn(incident, own.key, elapsed, frozenset(staff), decisions, reminded, climbed, left)


def _reminder(rung: Rung, incident: OpenIncident, known: Known, staff: Staff) -> Reminder:
    """Whoever has acknowledged is left alone: it waits for others."""
    reached = duty.found_again(staff.get(rung.role, ()), known.in_use)
    agreed = known.agreed.get(incident.id, ())
    people = tuple(person for person in reached.people if person.user_id not in agreed)
    number = known.pasts[incident.id].reminders + 1
    return Reminder(rung, number, Reached(people, reached.how))


def _is_agreed(rung: Rung, incident: OpenIncident, known: Known, staff: Staff) -> bool:
    """Whether all whom it would tell again have acknowledged; others still have to."""
    agreed = known.agreed.get(incident.id)
    if not agreed:
        return False
    people = duty.found_again(staff.get(rung.role, ()), known.in_use).people
    return bool(people) and all(person.user_id in agreed for person in people)


def _said(rung: Rung, elapsed: timedelta) -> Said:
    return Said(rung.role, elapsed, is_last_resort=rung.number == LAST_RESORT)
