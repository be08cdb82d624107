"""Tells a facility that an exemption has ended while something lasts: once, and in one letter."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.exempt import letters, queries, quieting
from services.alerts.exempt.quieting import Ending, Quiet
from services.alerts.group.queries import OpenIncident
from services.alerts.history import queries as history
from services.alerts.people import queries as people_of
from services.alerts.tell import queries as tell
from services.alerts.tell.outbox import Occasion, Sender, drafts
from services.alerts.tell.story import Story
from shared.domain.access import Role
from shared.domain.delivery import MessageKind
from shared.domain.escalation import Recipient
from shared.domain.incidents import HOLD, EventKind

#: What ends together in one place, for the same reason.
Together = tuple[int | None, int]


async def look(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    sender: Sender,
    *,
    until: datetime | None,
    now: datetime,
) -> Quiet:
    """What is kept quiet now; what no longer is, is told. Nothing is decided before all that is
    known is judged, up to `until`."""
    if until is None:
        return quieting.NOTHING
    quiet = await quieting.look(connection, opens, until=until, now=now)
    await _tell_ended(connection, quiet, sender, now=now)
    return quiet


async def _tell_ended(
    connection: AsyncConnection, quiet: Quiet, sender: Sender, *, now: datetime
) -> None:
    """Write down what began and ended to be kept quiet; several that end together are one letter.

    What was opened only now waits like anything else, so that what belongs together can come
    together: its ladder tells it.
    """
    numbers = await history.append(connection, quiet.events, now=now)
    ended = [
        number
        for event, number in zip(quiet.events, numbers, strict=True)
        if event.kind is EventKind.EXEMPTION_ENDED
    ]
    news: dict[Together, list[tuple[Ending, int]]] = defaultdict(list)
    for ending, number in zip(quiet.endings, ended, strict=True):
        if ending.is_news and now >= ending.incident.opened_at + HOLD:
            news[ending.incident.facility_id, ending.exemption.id].append((ending, number))
    if news:
        await _post(connection, news, sender, now=now)


async def _post(
    connection: AsyncConnection,
    news: Mapping[Together, Sequence[tuple[Ending, int]]],
    sender: Sender,
    *,
    now: datetime,
) -> None:
    incidents = [ending.incident.id for endings in news.values() for ending, _ in endings]
    stories = await tell.stories(connection, incidents, now=now)
    people = await people_of.reachable(connection, {place for place, _ in news}, now=now)
    fresh: list[tell.Draft] = []
    for (place, _), endings in news.items():
        to = people.get(place, {}).get(Role.FACILITY_MANAGER, [])
        fresh += _drafts(endings, stories, to, sender)
    await tell.post(connection, fresh, now=now)


def _drafts(
    endings: Sequence[tuple[Ending, int]],
    stories: Mapping[int, Story],
    people: Sequence[Recipient],
    sender: Sender,
) -> list[tell.Draft]:
    """In the thread of the oldest incident, under the number of its event."""
    oldest_first = sorted(endings, key=lambda pair: pair[0].incident.id)
    ending, number = oldest_first[0]
    of_all = [stories[one.incident.id] for one, _ in oldest_first]
    write = partial(letters.ended, of_all, ending, console_url=sender.console_url)
    occasion = Occasion(MessageKind.EXEMPTION_ENDED, number)
    return drafts(of_all[0], people, occasion, write, sender=sender)


async def silence(connection: AsyncConnection, quiet: Quiet) -> None:
    """Last in a tick: whatever was written to the facility's own people of what is muted."""
    await queries.silence(connection, quiet.muted)
