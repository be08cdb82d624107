"""Climbs the ladder of every open incident that is due, and reminds: who is told now, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.actions import queries as actions
from services.alerts.climbing import letters as reminding
from services.alerts.climbing import planning
from services.alerts.climbing import queries as climbing
from services.alerts.climbing.turns import Known, Reminder, Turn, turn
from services.alerts.group.queries import OpenIncident
from services.alerts.history.queries import Event
from services.alerts.tell import letters, queries
from services.alerts.tell.outbox import Occasion, Sender, drafts
from services.alerts.tell.story import Story
from services.alerts.undelivered.watch import steps_undelivered
from shared.db import in_charge
from shared.domain.access import Role
from shared.domain.delivery import MessageKind
from shared.domain.escalation import Decision, Rung, Tell
from shared.domain.incidents import EventKind


async def escalate(
    connection: AsyncConnection, opens: Sequence[OpenIncident], sender: Sender, *, now: datetime
) -> list[Event]:
    """Load who can be told, decide, write the messages; what was decided is returned as events."""
    awake = [i for i in opens if i.lasts and not planning.standing_of(i, 0).rests(now)]
    if not awake:
        return []
    unheard = await steps_undelivered(connection, opens, now=now)
    rules = await planning.rules(connection, now=now)
    due = [i for i in awake if i.id in unheard or rules.may_be_due(i, now)]
    if not due:
        return []
    turns = await _turns(connection, due, rules, unheard, sender, now=now)
    said = [one for one in turns if one.says]
    stories = await queries.stories(connection, [one.incident.id for one in said], now=now)
    fresh = [
        draft
        for one in said
        for draft in _drafts(
            one, replace(stories[one.incident.id], next_told=one.next_told), sender
        )
    ]
    await queries.post(connection, fresh, now=now)
    await climbing.note(connection, [one.climbed for one in turns if _has_moved(one)])
    return [event for one in said for event in _events(one, now)]


async def _turns(
    connection: AsyncConnection,
    due: Sequence[OpenIncident],
    rules: planning.Rules,
    unheard: Mapping[int, tuple[Role, ...]],
    sender: Sender,
    *,
    now: datetime,
) -> list[Turn]:
    """Of those that may be due; whoever is not is left after a look at their ladder."""
    plans = await planning.plans(connection, due, rules, now=now)
    due = [
        i
        for i in due
        if _is_due(i, plans[i.id].key, plans[i.id].come_by(now), now)
        or (i.id in unheard and plans[i.id].may_hasten(now, holidays=rules.holidays))
    ]
    if not due:
        return []
    ids = [incident.id for incident in due]
    places = {planning.place_of(incident) for incident in due}
    partly = [i.id for i in due if i.first_acknowledged_at is not None]
    known = Known(
        plans,
        await climbing.past(connection, ids),
        await in_charge.holders(connection, places, now=now),
        await actions.agreed(connection, partly) if partly else {},
        frozenset(sender.limits),
        rules.holidays,
        unheard,
    )
    return [turn(incident, known, now=now) for incident in due]


def _is_due(incident: OpenIncident, key: str, turns_come: int, now: datetime) -> bool:
    """More turns have come than were taken, the ladder is another, or somebody is reminded."""
    if incident.ladder_key != key or turns_come > incident.steps_done:
        return turns_come > 0 or incident.ladder_key is not None
    elapsed = now - incident.clock_from
    return incident.remind_after is not None and elapsed >= incident.remind_after


def _has_moved(one: Turn) -> bool:
    incident, now_at = one.incident, one.climbed
    was = incident.steps_done, incident.ladder_key, incident.remind_after
    return was != (now_at.steps_done, now_at.ladder_key, now_at.remind_after)


def _drafts(one: Turn, story: Story, sender: Sender) -> list[queries.Draft]:
    fresh: list[queries.Draft] = []
    was_told = one.incident.was_told
    for decision in one.decisions:
        if isinstance(decision, Tell):
            kind = MessageKind.ESCALATION if was_told else MessageKind.ALERT
            occasion = Occasion(kind, decision.rung.number, decision.rung.channels)
            write = partial(
                letters.alert,
                replace(story, undelivered_to=decision.undelivered_to),
                console_url=sender.console_url,
                nobody_at=decision.nobody_at,
            )
            fresh += drafts(story, decision.recipients, occasion, write, sender=sender)
            was_told = True
    return [*fresh, *_again(one.reminded, story, sender)]


def _again(reminded: Iterable[Reminder], story: Story, sender: Sender) -> list[queries.Draft]:
    fresh: list[queries.Draft] = []
    for one in reminded:
        occasion = Occasion(MessageKind.REMINDER, one.number, one.rung.channels)
        write = partial(
            reminding.reminder, story, console_url=sender.console_url, number=one.number
        )
        fresh += drafts(story, one.reached.people, occasion, write, sender=sender)
    return fresh


def _events(one: Turn, now: datetime) -> list[Event]:
    """Why someone was told, or could not be; people by number, never by name or address."""
    return [
        *(_undelivered(role, one) for role in _unheard(one)),
        *(_climbed(decision, one, now) for decision in one.decisions),
        *(_reminded(reminder, one, now) for reminder in one.reminded),
    ]


def _unheard(one: Turn) -> list[Role]:
    """Once, when somebody else is told."""
    told = [decision for decision in one.decisions if isinstance(decision, Tell)]
    return [role for decision in told for role in decision.undelivered_to]


def _undelivered(role: Role, one: Turn) -> Event:
    detail: dict[str, object] = {"role": role, "clock_s": one.elapsed.total_seconds()}
    return _event(EventKind.STEP_UNDELIVERED, one, detail | {"reason": "not_delivered"})


def _climbed(decision: Decision, one: Turn, now: datetime) -> Event:
    detail = _detail(decision.rung, one, now)
    if isinstance(decision, Tell):
        detail |= {
            "reason": decision.why,
            "how": decision.how,
            "user_ids": [person.user_id for person in decision.recipients],
            "nobody_at": list(decision.nobody_at),
            "undelivered_to": list(decision.undelivered_to),
            "needs_all": decision.rung.needs_all,
        }
        return _event(EventKind.TOLD, one, detail)
    return _nobody(detail, decision.rung, one)


def _reminded(reminder: Reminder, one: Turn, now: datetime) -> Event:
    detail = _detail(reminder.rung, one, now) | {"number": reminder.number}
    people = reminder.reached.people
    if people:
        detail |= {
            "reason": "nobody_acknowledged",
            "how": reminder.reached.how,
            "user_ids": [person.user_id for person in people],
        }
        return _event(EventKind.REMINDED, one, detail)
    return _nobody(detail, reminder.rung, one)


def _nobody(detail: dict[str, object], rung: Rung, one: Turn) -> Event:
    reason = "no_address_works" if rung.role in one.roles else "nobody_holds_the_role"
    return _event(EventKind.STEP_UNREACHABLE, one, detail | {"reason": reason})


def _detail(rung: Rung, one: Turn, now: datetime) -> dict[str, object]:
    return {
        "step": rung.number,
        "role": rung.role,
        "after_s": rung.after.total_seconds(),
        "open_for_s": round((now - one.incident.opened_at).total_seconds(), 3),
        "clock_s": one.elapsed.total_seconds(),
        "ladder": one.key,
    }


def _event(kind: EventKind, one: Turn, detail: dict[str, object]) -> Event:
    return Event(kind, one.incident.facility_id, one.incident.id, detail=detail)
