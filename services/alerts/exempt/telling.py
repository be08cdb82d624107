"""Tells a facility that an exemption has ended while something lasts: once, and in one letter."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.climbing import planning
from services.alerts.exempt import counted, letters, queries, quieting
from services.alerts.exempt.counted import Step
from services.alerts.exempt.quieting import Ending, Quiet
from services.alerts.group.queries import OpenIncident
from services.alerts.history import queries as history
from services.alerts.history.queries import Event
from services.alerts.tell import queries as tell
from services.alerts.tell.outbox import Occasion, Sender, drafts
from services.alerts.tell.story import Story
from shared.db import in_charge
from shared.domain import duty
from shared.domain.delivery import Channel, MessageKind
from shared.domain.escalation import Reached
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
    told = [ending for endings in news.values() for ending, _ in endings]
    stories = await tell.stories(connection, [one.incident.id for one in told], now=now)
    places = {planning.place_of(ending.incident) for ending in told}
    people = await in_charge.holders(connection, places, now=now)
    steps = await counted.steps(connection, told, now=now)
    fresh: list[tell.Draft] = []
    counts: list[Event] = []
    for endings in news.values():
        oldest_first = sorted(endings, key=lambda pair: pair[0].incident.id)
        first = oldest_first[0][0].incident
        staff = people.get(planning.place_of(first), {})
        reached = duty.found(staff.get(counted.HEARS, ()), frozenset(sender.limits))
        own = {one.incident.id: steps[one.incident.id] for one, _ in oldest_first}
        fresh += _drafts(oldest_first, stories, reached, own, sender)
        counts += counted.events(reached, own, first.id, now=now)
    await tell.post(connection, fresh, now=now)
    await history.append(connection, counts, now=now)


def _drafts(
    oldest_first: Sequence[tuple[Ending, int]],
    stories: Mapping[int, Story],
    reached: Reached,
    steps: Mapping[int, Step],
    sender: Sender,
) -> list[tell.Draft]:
    """In the thread of the oldest incident, under the number of its event, and through what the
    step goes through that it counts as."""
    ending, number = oldest_first[0]
    of_all = [stories[one.incident.id] for one, _ in oldest_first]
    write = partial(letters.ended, of_all, ending, console_url=sender.console_url)
    channels = dict.fromkeys(
        channel for step in steps.values() if step.rung for channel in step.rung.channels
    )
    occasion = Occasion(MessageKind.EXEMPTION_ENDED, number, tuple(channels) or (Channel.EMAIL,))
    return drafts(of_all[0], reached.people, occasion, write, sender=sender)


async def silence(connection: AsyncConnection, quiet: Quiet) -> None:
    """Last in a tick: whatever was written to the facility's own people of what is muted."""
    await queries.silence(connection, quiet.muted)
