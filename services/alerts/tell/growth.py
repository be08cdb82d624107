"""Tells those who were told that another room has joined, so that one incident hides no other."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.group.regroup import Regrouped
from services.alerts.history import queries as history
from services.alerts.history.queries import Event
from services.alerts.tell import letters, queries
from services.alerts.tell.outbox import Occasion, Sender, drafts
from shared.domain.delivery import MessageKind
from shared.domain.incidents import EventKind


async def tell_growth(
    connection: AsyncConnection,
    opened_gaps: Sequence[int],
    sender: Sender,
    *,
    known: Regrouped,
    now: datetime,
) -> None:
    """A room is news once per incident, also while others come and go; a whole facility too."""
    if not opened_gaps:
        return
    named = await queries.newly_named(connection, opened_gaps, widened=known.wider)
    if not named:
        return
    stories = await queries.stories(connection, list(named), now=now)
    events = [
        Event(
            EventKind.INCIDENT_GREW,
            story.facility_id,
            number,
            detail={"zones": list(named[number]), "told": len(story.told)},
        )
        for number, story in stories.items()
    ]
    numbers = await history.append(connection, events, now=now)
    fresh: list[queries.Draft] = []
    for story, occasion in zip(stories.values(), numbers, strict=True):
        write = partial(
            letters.news,
            story,
            console_url=sender.console_url,
            zones=named[story.incident_id],
        )
        occasion_of = Occasion(MessageKind.NEWS, occasion)
        fresh += drafts(story, story.told, occasion_of, write, sender=sender)
    await queries.post(connection, fresh, now=now)
