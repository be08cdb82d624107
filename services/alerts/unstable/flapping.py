"""Marks what comes and goes as unstable, and as steady when it holds again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.group.queries import OpenIncident
from services.alerts.history.queries import Event
from services.alerts.unstable import queries, resuming
from shared.domain import flapping
from shared.domain.flapping import WINDOW
from shared.domain.incidents import EventKind


@dataclass(frozen=True, slots=True)
class Calmed:
    """Which incidents became what: each an event. `resumed`: go on from where another one stood."""

    resumed: tuple[Event, ...] = ()
    unstable: tuple[Event, ...] = ()
    steady: tuple[Event, ...] = ()


NOTHING_CHANGED: Final = Calmed()


async def judge(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    changed_gaps: Sequence[int],
    *,
    until: datetime,
    now: datetime,
) -> tuple[list[OpenIncident], Calmed]:
    """An unstable incident lasts until it is steady, whatever its gaps say at the moment."""
    opens, resumed = await resuming.resume(connection, opens, now=now)
    steady = await _steady(connection, opens, until=until)
    fresh = await _unstable(connection, opens, changed_gaps, until=until)
    if steady:
        await queries.mark_steady(connection, steady)
    if fresh:
        await queries.mark_unstable(connection, fresh, now=now)
    calmed = Calmed(
        tuple(resumed),
        tuple(_event(EventKind.BECAME_UNSTABLE, i, until, now) for i in opens if i.id in fresh),
        tuple(_event(EventKind.BECAME_STEADY, i, until, now) for i in opens if i.id in steady),
    )
    return [_after(i, steady, fresh, now) for i in opens], calmed


def _after(
    incident: OpenIncident, steady: set[int], fresh: set[int], now: datetime
) -> OpenIncident:
    if incident.id in steady:
        lasts = incident.lasting_since is not None
        return replace(incident, unstable_since=None, lasts=lasts)
    if incident.id in fresh:
        return replace(incident, unstable_since=now, lasts=True)
    return replace(incident, lasts=True) if incident.unstable_since is not None else incident


async def _steady(
    connection: AsyncConnection, opens: Sequence[OpenIncident], *, until: datetime
) -> set[int]:
    unstable = [incident.id for incident in opens if incident.unstable_since is not None]
    if not unstable:
        return set()
    last = await queries.last_changes(connection, unstable)
    return {
        number
        for number in unstable
        if flapping.is_steady((last[number],) if number in last else (), until=until)
    }


async def _unstable(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    changed_gaps: Sequence[int],
    *,
    until: datetime,
) -> set[int]:
    if not changed_gaps:
        return set()
    stable = {i.id for i in opens if i.unstable_since is None and i.facility_id is not None}
    zones = await queries.changing(connection, changed_gaps, since=until - WINDOW)
    return {
        zone.incident_id
        for zone in zones
        if zone.incident_id in stable and flapping.is_flapping(zone.changes, until=until)
    }


def _event(kind: EventKind, incident: OpenIncident, until: datetime, now: datetime) -> Event:
    elapsed = now - incident.clock_from
    detail: dict[str, object] = {"until": until, "clock_s": elapsed.total_seconds()}
    if incident.unstable_since is not None:
        detail["unstable_since"] = incident.unstable_since
    return Event(kind, incident.facility_id, incident.id, detail=detail)
