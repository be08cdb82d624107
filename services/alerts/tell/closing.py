"""Tells those who were told how it ended, once, and corrects what turned out otherwise, once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.area import queries as area
from services.alerts.detect.transitions import NOT_REQUIRED, Transition
from services.alerts.gaps import queries as gaps
from services.alerts.group import queries as incidents
from services.alerts.group.queries import OpenIncident
from services.alerts.group.regroup import Regrouped
from services.alerts.history import queries as history
from services.alerts.history.queries import Event
from services.alerts.tell import letters, queries
from services.alerts.tell.letters import Letter
from services.alerts.tell.outbox import Occasion, Sender, drafts
from services.alerts.tell.story import Story
from shared.domain.area_outage import RETURNING
from shared.domain.delivery import MessageKind
from shared.domain.incidents import HOLD, EventKind

#: Evidence comes no later than this.
AREAS_SETTLED_AFTER: Final = timedelta(days=7)


async def resolve(
    connection: AsyncConnection,
    known: Regrouped,
    sender: Sender,
    *,
    until: datetime | None,
    now: datetime,
) -> list[OpenIncident]:
    """End the incidents that no longer last; what is still open is returned."""
    ending = [incident for incident in known.opens if not incident.lasts]
    waiting = await _waiting(connection, ending, until=until)
    over = {incident.id: incident for incident in ending if incident.id not in waiting}
    if not over:
        return known.opens
    await incidents.resolve(connection, list(over), now=now)
    stories = await queries.stories(connection, list(over), now=now)
    steady = {event.incident_id for event in known.calmed.steady}
    stories |= {n: replace(stories[n], told=()) for n in over if over[n].merged_into is not None}
    events = [_resolved(stories[n], over[n], was_unstable=n in steady) for n in over]
    await _tell(connection, events, stories, sender, now=now)
    return [incident for incident in known.opens if incident.id not in over]


async def _waiting(
    connection: AsyncConnection, ending: Sequence[OpenIncident], *, until: datetime | None
) -> set[int]:
    """What nobody was told of may come again at once, and then is the same."""
    untold = [i.id for i in ending if not i.was_told and i.facility_id is not None]
    if not untold or until is None:
        return set()
    ended = await gaps.ended_at(connection, untold)
    return {number for number, at in ended.items() if until - at < HOLD}


async def correct(
    connection: AsyncConnection,
    transitions: Sequence[Transition],
    sender: Sender,
    *,
    now: datetime,
) -> None:
    """Evidence came after an incident was over and told: say so."""
    touched = {
        transition.incident_id
        for transition in transitions
        if transition.is_correction and transition.incident_id is not None
    }
    if not touched:
        return
    past = await queries.resolved_among(connection, list(touched))
    await _tell_corrected(connection, past, sender, now=now)


async def correct_lasting(
    connection: AsyncConnection, opens: Sequence[OpenIncident], sender: Sender, *, now: datetime
) -> None:
    """A room told as unwatched had been watched; others of the incident still are not."""
    told = [i.id for i in opens if i.was_told and i.unstable_since is None]
    if told:
        wrong = await queries.wrongly_told(connection, told, settled_by=now - HOLD)
        await _tell_corrected(connection, wrong, sender, now=now)


async def correct_areas(connection: AsyncConnection, sender: Sender, *, now: datetime) -> None:
    """What was told of an outage that is over was not so for all; once they have all come back."""
    wrong = await area.wrongly_told(
        connection, since=now - AREAS_SETTLED_AFTER, settled_by=now - RETURNING
    )
    if wrong:
        await _tell_corrected(connection, wrong, sender, now=now)


async def _tell_corrected(
    connection: AsyncConnection, incident_ids: Collection[int], sender: Sender, *, now: datetime
) -> None:
    stories = await queries.stories(connection, sorted(incident_ids), now=now)
    events = [
        Event(
            EventKind.CORRECTED,
            story.facility_id,
            story.incident_id,
            detail={"all_repaired": story.is_all_repaired, "told": len(story.told)},
        )
        for story in stories.values()
        if story.told
    ]
    await _tell(connection, events, stories, sender, now=now)


async def _tell(
    connection: AsyncConnection,
    events: Sequence[Event],
    stories: Mapping[int, Story],
    sender: Sender,
    *,
    now: datetime,
) -> None:
    """The event's own number is the occasion, so that its message is exactly one."""
    numbers = await history.append(connection, events, now=now)
    fresh: list[queries.Draft] = []
    for event, number in zip(events, numbers, strict=True):
        if event.incident_id is not None and (story := stories[event.incident_id]).told:
            kind, write = _letter(event, story)
            bound = partial(write, story, console_url=sender.console_url)
            fresh += drafts(story, story.told, Occasion(kind, number), bound, sender=sender)
    await queries.post(connection, fresh, now=now)


def _letter(event: Event, story: Story) -> tuple[MessageKind, Callable[..., Letter]]:
    if event.kind is EventKind.CORRECTED or story.is_all_repaired:
        return MessageKind.CORRECTION, letters.correction
    if event.detail.get("was_unstable"):
        return MessageKind.STEADY, letters.recovery
    return MessageKind.RECOVERY, letters.recovery


def _resolved(story: Story, incident: OpenIncident, *, was_unstable: bool) -> Event:
    reason = "told_before" if story.told else "nobody_was_told"
    detail: dict[str, object] = {
        "since": story.since_at,
        "gaps": len(story.gaps),
        "all_repaired": story.is_all_repaired,
        "told": len(story.told),
        "reason": reason if incident.merged_into is None else "same_cause",
        **({"was_unstable": True} if was_unstable else {}),
        **({"ended_by": NOT_REQUIRED} if story.is_no_longer_required else {}),
    }
    return Event(EventKind.RESOLVED, story.facility_id, story.incident_id, detail=detail)
