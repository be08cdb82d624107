"""Folds moves of facilities into their open incidents, and tells who is competent now.

Timers and steps of the ladder go on as they were: who comes into charge of an open incident is told
what others were told before, once, and the next step comes when it would have come. Where nobody
holds the role yet, whoever is appointed while the incident is open is told then.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.climbing import queries as climbing
from services.alerts.climbing.queries import Past
from services.alerts.group.queries import OpenIncident
from services.alerts.history import queries as history
from services.alerts.history.queries import Event
from services.alerts.people import queries as people_of
from services.alerts.reassign import queries
from services.alerts.reassign.queries import Reassigned
from services.alerts.tell import letters
from services.alerts.tell import queries as tell
from services.alerts.tell.outbox import Occasion, Sender, drafts
from services.alerts.tell.queries import Draft
from services.alerts.tell.story import Story
from shared.domain.access import Role
from shared.domain.delivery import MessageKind
from shared.domain.escalation import Recipient
from shared.domain.incidents import EventKind


async def fold(
    connection: AsyncConnection, opens: Sequence[OpenIncident], sender: Sender, *, now: datetime
) -> None:
    """In the transaction of the tick, so that a move is folded once or not at all."""
    found = await queries.unfolded(connection)
    if not found:
        return
    current = {incident.id: incident for incident in opens}
    fresh = [one for one in found if one.incident_id in current]
    pasts = await climbing.past(connection, list({one.incident_id for one in fresh}))
    reachable = await people_of.reachable(connection, {one.facility_id for one in fresh}, now=now)
    stories = await tell.stories(connection, [one.incident_id for one in fresh], now=now)
    news = [
        _competent_now(
            pasts[one.incident_id],
            reachable.get(one.facility_id, {}),
            stories[one.incident_id],
        )
        for one in fresh
    ]
    numbers = await history.append(
        connection, [_event(one, new) for one, new in zip(fresh, news, strict=True)], now=now
    )
    told: set[tuple[int, str]] = set()
    messages: list[Draft] = []
    for one, (people, nobody_at), number in zip(fresh, news, numbers, strict=True):
        unheard = [p for p in people if (one.incident_id, p.address) not in told]
        told |= {(one.incident_id, p.address) for p in unheard}
        write = partial(
            letters.handed_over,
            stories[one.incident_id],
            console_url=sender.console_url,
            units=(one.from_unit, one.to_unit),
            nobody_at=nobody_at,
        )
        occasion = Occasion(MessageKind.HANDED_OVER, number)
        messages += drafts(stories[one.incident_id], unheard, occasion, write, sender=sender)
    await tell.post(connection, messages, now=now)


async def catch_up(
    connection: AsyncConnection, opens: Sequence[OpenIncident], sender: Sender, *, now: datetime
) -> None:
    """Tell those who were appointed after the move. The event's number makes it once."""
    current = {incident.id for incident in opens}
    waiting = [one for one in await queries.awaited(connection) if one.incident_id in current]
    if not waiting:
        return
    reachable = await people_of.reachable(connection, {one.facility_id for one in waiting}, now=now)
    told = await tell.told(connection, [one.incident_id for one in waiting])
    news: dict[int, list[Recipient]] = {}
    for one in waiting:
        known = {person.address for person in told.get(one.incident_id, ())}
        roles = reachable.get(one.facility_id, {})
        there = [person for role in one.nobody_at for person in roles.get(role, ())]
        if fresh := [person for person in there if person.address not in known]:
            news[one.incident_id] = fresh
    stories = await tell.stories(connection, list(news), now=now)
    messages = [
        draft
        for one in waiting
        if one.incident_id in news
        for draft in drafts(
            stories[one.incident_id],
            news[one.incident_id],
            Occasion(MessageKind.HANDED_OVER, one.event_id),
            partial(
                letters.handed_over,
                stories[one.incident_id],
                console_url=sender.console_url,
                units=(one.from_unit, one.to_unit),
            ),
            sender=sender,
        )
    ]
    await tell.post(connection, messages, now=now)


_New = tuple[list[Recipient], list[Role]]


def _competent_now(past: Past, reachable: Mapping[Role, Sequence[Recipient]], story: Story) -> _New:
    """Who holds now the roles that were told, and was not told; and roles that nobody holds."""
    roles = list(dict.fromkeys(taken.role for taken in past.taken))
    known = {person.address for person in story.told}
    people = [
        person
        for role in roles
        for person in reachable.get(role, ())
        if person.address not in known
    ]
    return people, [role for role in roles if not reachable.get(role)]


def _event(one: Reassigned, new: _New) -> Event:
    """People by number, never by name or address."""
    people, nobody_at = new
    detail: dict[str, object] = {
        "reassignment_id": one.reassignment_id,
        "from_unit_id": one.from_unit_id,
        "from_unit": one.from_unit,
        "to_unit_id": one.to_unit_id,
        "to_unit": one.to_unit,
        "effective_on": one.effective_on.isoformat(),
        "legal_basis": one.legal_basis,
        "by": one.by,
        "user_ids": [person.user_id for person in people],
        "roles": list(dict.fromkeys(person.role for person in people)),
        "nobody_at": nobody_at,
    }
    return Event(EventKind.JURISDICTION_REASSIGNED, one.facility_id, one.incident_id, detail=detail)
