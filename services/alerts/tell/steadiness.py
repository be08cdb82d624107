"""Tells who was told that it comes and goes, and that it holds again; holds back what is new."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.group.queries import OpenIncident
from services.alerts.group.regroup import Regrouped
from services.alerts.history import queries as history
from services.alerts.tell import letters, queries
from services.alerts.tell.letters import Letter
from services.alerts.tell.outbox import Occasion, Sender, drafts
from shared.domain.delivery import MessageKind
from shared.domain.incidents import HOLD, EventKind

_LETTERS: Final[dict[EventKind, tuple[MessageKind, Callable[..., Letter]]]] = {
    EventKind.BECAME_UNSTABLE: (MessageKind.UNSTABLE, letters.alert),
    EventKind.BECAME_STEADY: (MessageKind.STEADY, letters.steady),
}


async def tell(
    connection: AsyncConnection, known: Regrouped, sender: Sender, *, now: datetime
) -> None:
    """What holds again because it is over is told with its end."""
    over = {incident.id for incident in known.opens if not incident.lasts}
    calmed = known.calmed
    events = [*calmed.resumed, *calmed.unstable, *calmed.steady]
    if not events:
        return
    numbers = await history.append(connection, events, now=now)
    told = [
        (event, number, event.incident_id)
        for event, number in zip(events, numbers, strict=True)
        if event.kind in _LETTERS
        if event.incident_id is not None and event.incident_id not in over
    ]
    stories = await queries.stories(connection, [incident for _, _, incident in told], now=now)
    fresh: list[queries.Draft] = []
    for event, number, incident_id in told:
        story = stories[incident_id]
        kind, letter = _LETTERS[event.kind]
        write = partial(letter, story, console_url=sender.console_url)
        fresh += drafts(story, story.told, Occasion(kind, number), write, sender=sender)
    await queries.post(connection, fresh, now=now)


def ripe(opens: Iterable[OpenIncident], *, now: datetime) -> list[OpenIncident]:
    """Nobody is told of what has not held for a while; what comes and goes never has to."""
    return [
        incident
        for incident in opens
        if incident.unstable_since is not None or _has_held(incident, now)
    ]


def _has_held(incident: OpenIncident, now: datetime) -> bool:
    return incident.lasting_since is None or now - incident.held_from >= HOLD
