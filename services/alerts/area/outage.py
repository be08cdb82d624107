"""Finds outages of whole areas, keeps who is in them, and lets go who is left behind."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.area import queries
from services.alerts.area.queries import Child
from services.alerts.group import queries as incidents
from services.alerts.group.grouping import opened
from services.alerts.group.queries import NewIncident, OpenIncident
from services.alerts.history.queries import Event
from shared.domain import area_outage
from shared.domain.area_outage import Area, SilentFacility
from shared.domain.incidents import EventKind
from shared.domain.states import WHOLE_FACILITY, Cause, Severity

#: How long after a facility's incident began an outage around it may still be found: rooms
#: tolerate holes of different lengths, so what falls silent together is not found together.
_FORMING: Final = timedelta(minutes=15)


async def follow(
    connection: AsyncConnection, opens: Sequence[OpenIncident], *, until: datetime, now: datetime
) -> tuple[list[OpenIncident], list[Event]]:
    """Outages that are over let go of their facilities first; then new ones are looked for."""
    opens, left = await _let_go(connection, opens, now=now)
    opens, joined = await _join(connection, opens, until=until, now=now)
    return opens, [*left, *joined]


async def _let_go(
    connection: AsyncConnection, opens: Sequence[OpenIncident], *, now: datetime
) -> tuple[list[OpenIncident], list[Event]]:
    parents = {i.id: i for i in opens if i.cause is Cause.AREA_OUTAGE}
    if not parents:
        return list(opens), []
    lasting = {i.id for i in opens if i.lasts and i.cause in WHOLE_FACILITY}
    members: dict[int, list[Child]] = defaultdict(list)
    for child in await queries.children_of(connection, list(parents)):
        members[child.parent_id].append(child)
    over = {number for number in parents if _is_over(members[number], lasting, now)}
    # An incident that ends in this tick ended within the outage.
    behind = {c.incident_id for n in over for c in members[n] if c.incident_id in lasting}
    if behind:
        await queries.leave(connection, behind)
    events = [_left(i) for i in opens if i.id in behind]
    events += [
        _let_go_of(n, [c for c in members[n] if c.incident_id in behind]) for n in sorted(over)
    ]
    return [_after(i, over, behind) for i in opens], events


def _is_over(members: Sequence[Child], lasting: set[int], now: datetime) -> bool:
    if not any(child.incident_id in lasting for child in members):
        return True
    return area_outage.is_mostly_over((child.ended_at for child in members), now=now)


def _after(incident: OpenIncident, over: set[int], behind: set[int]) -> OpenIncident:
    if incident.cause is Cause.AREA_OUTAGE:
        return replace(incident, lasts=incident.id not in over)
    return replace(incident, parent_id=None) if incident.id in behind else incident


async def _join(
    connection: AsyncConnection, opens: Sequence[OpenIncident], *, until: datetime, now: datetime
) -> tuple[list[OpenIncident], list[Event]]:
    alone = [i for i in opens if i.parent_id is None and i.lasts and i.cause in WHOLE_FACILITY]
    if not any(now - incident.opened_at <= _FORMING for incident in alone):
        return list(opens), []
    silent = await _silent(connection, alone)
    parent_of = _known(opens, silent)
    rest = [one for one in silent if one.incident_id not in parent_of]
    begun, theirs = await _begin(connection, opens, rest, until=until, now=now)
    parent_of |= theirs
    if parent_of:
        await queries.join(connection, parent_of)
    events = [
        *(opened(incident, late_by=_late_by(incident, now)) for incident in begun),
        *(_joined(i, parent_of[i.id]) for i in opens if i.id in parent_of),
    ]
    now_in = [replace(i, parent_id=parent_of.get(i.id, i.parent_id)) for i in opens]
    return [*now_in, *begun], events


async def _silent(
    connection: AsyncConnection, alone: Sequence[OpenIncident]
) -> list[SilentFacility]:
    where = [i.facility_id for i in alone if i.facility_id is not None]
    units = await queries.units_of(connection, where)
    return [
        SilentFacility(i.id, i.since_at, units[i.facility_id])
        for i in alone
        if i.facility_id in units
    ]


def _known(opens: Iterable[OpenIncident], silent: Sequence[SilentFacility]) -> dict[int, int]:
    """Whoever fell silent with an outage that is already known is part of it."""
    parents = [i for i in opens if i.cause is Cause.AREA_OUTAGE and i.lasts]
    return {
        one.incident_id: parent.id
        for one in silent
        for parent in parents
        if parent.admin_unit_id is not None
        if area_outage.falls_in(one, parent.admin_unit_id, parent.since_at)
    }


async def _begin(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    silent: Sequence[SilentFacility],
    *,
    until: datetime,
    now: datetime,
) -> tuple[list[OpenIncident], dict[int, int]]:
    """New outages, and the parents of those that are in one, new or known."""
    if len(silent) < area_outage.FEWEST:
        return [], {}
    units = {unit for one in silent for unit in one.units}
    watched = await queries.watched_in(connection, units, until=until)
    areas = area_outage.outages(silent, watched)
    known = {i.admin_unit_id: i for i in opens if i.cause is Cause.AREA_OUTAGE and i.lasts}
    begun = await incidents.create(
        connection, [_fresh(area) for area in areas if area.unit_id not in known], now=now
    )
    parents = known | {incident.admin_unit_id: incident for incident in begun}
    return begun, {
        number: parents[area.unit_id].id
        for area in areas
        if area.unit_id in parents
        for number in area.incident_ids
    }


def _late_by(incident: OpenIncident, now: datetime) -> timedelta | None:
    late_by = now - incident.since_at
    return late_by if late_by > _FORMING else None


def _fresh(area: Area) -> NewIncident:
    return NewIncident(
        None,
        Cause.AREA_OUTAGE,
        area.since_at,
        admin_unit_id=area.unit_id,
        severity=Severity.CRITICAL,
    )


def _joined(incident: OpenIncident, parent_id: int) -> Event:
    detail = {"parent_id": parent_id, "reason": "fell_silent_together"}
    return Event(EventKind.INCIDENT_JOINED, incident.facility_id, incident.id, detail=detail)


def _let_go_of(parent_id: int, behind: Sequence[Child]) -> Event:
    detail = {"incident_ids": [child.incident_id for child in behind], "reason": "most_are_back"}
    return Event(EventKind.INCIDENT_LEFT, None, parent_id, detail=detail)


def _left(incident: OpenIncident) -> Event:
    detail = {"parent_id": incident.parent_id, "reason": "outage_is_over"}
    return Event(EventKind.INCIDENT_LEFT, incident.facility_id, incident.id, detail=detail)
