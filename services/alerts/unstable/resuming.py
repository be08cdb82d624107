"""Lets the ladder of what stops again so soon go on from where that of the last stop stood."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.group.queries import OpenIncident
from services.alerts.history.queries import Event
from services.alerts.unstable import queries
from services.alerts.unstable.queries import Stopped
from shared.domain import flapping
from shared.domain.incidents import EventKind


async def resume(
    connection: AsyncConnection, opens: Sequence[OpenIncident], *, now: datetime
) -> tuple[list[OpenIncident], list[Event]]:
    """Of those begun in this tick. Nothing is loaded while none is."""
    fresh = [i.id for i in opens if i.opened_at == now and i.facility_id is not None]
    if not fresh:
        return list(opens), []
    stopped: dict[int, list[Stopped]] = defaultdict(list)
    for one in await queries.stopped_before(connection, fresh, within=flapping.WINDOW):
        stopped[one.incident_id].append(one)
    clocks = {i.id: _clock(i, stopped[i.id]) for i in opens if i.id in stopped}
    moved = {i.id: clocks[i.id] for i in opens if i.id in clocks and clocks[i.id] < i.clock_from}
    if not moved:
        return list(opens), []
    await queries.count_from(connection, moved)
    events = [_event(i, stopped[i.id], moved[i.id]) for i in opens if i.id in moved]
    return [replace(i, counts_from=moved.get(i.id, i.counts_from)) for i in opens], events


def _clock(incident: OpenIncident, stopped: Sequence[Stopped]) -> datetime:
    return flapping.clock_from(incident.clock_from, [one.counted for one in stopped])


def _event(incident: OpenIncident, stopped: Sequence[Stopped], counts_from: datetime) -> Event:
    detail: dict[str, object] = {
        "incident_ids": sorted({one.before_id for one in stopped}),
        "counted_s": (incident.clock_from - counts_from).total_seconds(),
    }
    return Event(EventKind.CLOCK_RESUMED, incident.facility_id, incident.id, detail=detail)
