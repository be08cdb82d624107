"""Climbs the ladder of every open incident that is due: who is told now, and why."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.group import queries as incidents
from services.alerts.group.queries import OpenIncident
from services.alerts.history.queries import Event
from services.alerts.people import queries as people_of
from services.alerts.tell import letters, queries
from services.alerts.tell.outbox import Occasion, Sender, drafts
from services.alerts.tell.story import Story
from shared.domain import escalation
from shared.domain.delivery import MessageKind
from shared.domain.escalation import Decision, Rung, Standing, Tell
from shared.domain.incidents import HOLD, EventKind


async def escalate(
    connection: AsyncConnection, opens: Sequence[OpenIncident], sender: Sender, *, now: datetime
) -> list[Event]:
    """Load who can be told, decide, write the messages; what was decided is returned as events."""
    rungs = await people_of.ladder(connection, now=now)
    due = [incident for incident in opens if _is_due(incident, rungs, now)]
    if not due:
        return []
    people = await people_of.reachable(connection, {i.facility_id for i in due}, now=now)
    decided = {
        incident.id: escalation.climb(
            _standing(incident),
            escalation.ladder_for(incident.cause, rungs),
            people.get(incident.facility_id, {}),
            hold=HOLD,
            now=now,
        )
        for incident in due
    }
    stories = await queries.stories(connection, list(decided), now=now)
    await queries.post(
        connection,
        [draft for i in due for draft in _drafts(i, decided[i.id], stories[i.id], sender)],
        now=now,
    )
    await incidents.take_steps(
        connection,
        {number: escalation.steps_taken(decisions) for number, decisions in decided.items()},
    )
    return [_event(i, decision, now) for i in due for decision in decided[i.id]]


def _is_due(incident: OpenIncident, rungs: Sequence[Rung], now: datetime) -> bool:
    ladder = escalation.ladder_for(incident.cause, rungs)
    return incident.lasts and escalation.is_due(_standing(incident), ladder, hold=HOLD, now=now)


def _standing(incident: OpenIncident) -> Standing:
    return Standing(
        incident.opened_at,
        incident.steps_done,
        is_acknowledged=incident.acknowledged_at is not None,
        was_told=incident.was_told,
    )


def _drafts(
    incident: OpenIncident, decisions: Sequence[Decision], story: Story, sender: Sender
) -> list[queries.Draft]:
    fresh: list[queries.Draft] = []
    was_told = incident.was_told
    for decision in decisions:
        if isinstance(decision, Tell):
            kind = MessageKind.ESCALATION if was_told else MessageKind.ALERT
            occasion = Occasion(kind, decision.rung.number)
            write = partial(
                letters.alert,
                story,
                console_url=sender.console_url,
                nobody_at=decision.nobody_at,
            )
            fresh += drafts(story, decision.recipients, occasion, write, sender=sender)
            was_told = True
    return fresh


def _event(incident: OpenIncident, decision: Decision, now: datetime) -> Event:
    """Why someone was told, or could not be; people by number, never by name or address."""
    detail: dict[str, object] = {
        "step": decision.rung.number,
        "role": decision.rung.role,
        "after_s": decision.rung.after.total_seconds(),
        "open_for_s": round((now - incident.opened_at).total_seconds(), 3),
    }
    if isinstance(decision, Tell):
        detail |= {
            "reason": decision.why,
            "user_ids": [person.user_id for person in decision.recipients],
            "nobody_at": list(decision.nobody_at),
        }
        return Event(EventKind.TOLD, incident.facility_id, incident.id, detail=detail)
    detail |= {"reason": "nobody_holds_the_role"}
    return Event(EventKind.STEP_UNREACHABLE, incident.facility_id, incident.id, detail=detail)
