"""Puts gaps that share a cause into one incident, and keeps the incidents true."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.evidence import queries as evidence
from services.alerts.group import queries
from services.alerts.group.queries import LooseGap, NewIncident, OpenIncident
from services.alerts.history.queries import Event
from shared.domain import incidents
from shared.domain.incidents import TOGETHER, EventKind, Lapse, Witness
from shared.domain.states import Cause

Key = tuple[int | None, Cause]
#: Evidence from so long before a gap tells which devices fell silent with it.
_BEFORE = TOGETHER + timedelta(hours=1)


async def fold_acknowledgements(
    connection: AsyncConnection, opens: Sequence[OpenIncident]
) -> tuple[list[OpenIncident], list[Event]]:
    """The api writes acknowledgements beside us; here they take effect."""
    fresh = {
        incident.id: incident.first_acknowledged_at
        for incident in opens
        if incident.is_newly_acknowledged and incident.first_acknowledged_at
    }
    await queries.acknowledge(connection, fresh)
    events = [
        Event(
            EventKind.ACKNOWLEDGED,
            incident.facility_id,
            incident.id,
            detail={"user_id": incident.first_acknowledged_by, "at": fresh[incident.id]},
        )
        for incident in opens
        if incident.id in fresh
    ]
    return [replace(i, acknowledged_at=fresh.get(i.id, i.acknowledged_at)) for i in opens], events


async def widen(
    connection: AsyncConnection, opens: Sequence[OpenIncident], *, until: datetime, now: datetime
) -> tuple[list[OpenIncident], list[Event]]:
    """What began as one device may, while nobody is told, turn out to be its whole facility."""
    is_silent = {i.facility_id for i in opens if i.cause is Cause.FACILITY_SILENT}
    young = {
        incident.facility_id: incident
        for incident in opens
        if incident.lasts
        and incident.facility_id not in is_silent
        and incidents.may_widen(
            cause=incident.cause,
            opened_at=incident.opened_at,
            was_told=incident.was_told,
            now=now,
        )
    }
    if not young:
        return list(opens), []
    gaps = await queries.first_gaps(connection, [incident.id for incident in young.values()])
    heard = await _witnesses(connection, gaps, until)
    wider = {
        young[gap.facility_id].id
        for gap in gaps
        if incidents.is_facility_silent(_lapse(gap, until), heard.get(gap.facility_id, ()))
    }
    return await _widened(connection, opens, wider)


async def _widened(
    connection: AsyncConnection, opens: Sequence[OpenIncident], wider: Collection[int]
) -> tuple[list[OpenIncident], list[Event]]:
    await queries.widen(connection, sorted(wider), Cause.FACILITY_SILENT)
    events = [
        Event(
            EventKind.INCIDENT_WIDENED,
            incident.facility_id,
            incident.id,
            detail={"was": incident.cause, "cause": Cause.FACILITY_SILENT},
        )
        for incident in opens
        if incident.id in wider
    ]
    return [replace(i, cause=Cause.FACILITY_SILENT) if i.id in wider else i for i in opens], events


async def gather(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    opened_gaps: Sequence[int],
    *,
    until: datetime,
    now: datetime,
) -> tuple[list[OpenIncident], list[Event]]:
    """Every new gap joins the open incident of its facility and cause, or begins it."""
    loose = await queries.loose_gaps(connection, opened_gaps) if opened_gaps else []
    if not loose:
        return list(opens), []
    heard = await _witnesses(connection, loose, until)
    keys: dict[int, Key] = {
        gap.id: (
            gap.facility_id,
            incidents.cause_of(_lapse(gap, until), heard.get(gap.facility_id, ())),
        )
        for gap in loose
    }
    opens, widened = await _recognise(connection, opens, set(keys.values()), until)
    known: dict[Key, OpenIncident] = {(i.facility_id, i.cause): i for i in opens}
    begun = await queries.create(connection, _beginnings(loose, keys, known), now=now)
    known |= {(incident.facility_id, incident.cause): incident for incident in begun}
    await queries.join(connection, {gap.id: known[keys[gap.id]].id for gap in loose})
    lasting = {known[keys[gap.id]].id for gap in loose if gap.end_at is None}
    events = [*(opened(incident) for incident in begun), *widened]
    began = {incident.id for incident in begun}
    return [
        replace(i, lasts=(i.lasts and i.id not in began) or i.id in lasting)
        for i in (*opens, *begun)
    ], events


async def _recognise(
    connection: AsyncConnection, opens: Sequence[OpenIncident], keys: Set[Key], until: datetime
) -> tuple[list[OpenIncident], list[Event]]:
    """A facility turns out to be silent: so may be what was told, in part, as its devices."""
    known = {incident.facility_id for incident in opens if incident.cause is Cause.FACILITY_SILENT}
    silent = {facility_id for facility_id, cause in keys if cause is Cause.FACILITY_SILENT} - known
    earlier = {
        incident.facility_id: incident.id
        for incident in opens
        if incident.lasts and incident.cause is Cause.DEVICE_SILENT
        if incident.facility_id in silent
    }
    if not earlier:
        return list(opens), []
    gaps = await queries.lasting_gaps(connection, list(earlier.values()))
    heard = await _witnesses(connection, gaps, until)
    lapses: dict[int, list[Lapse]] = defaultdict(list)
    for gap in gaps:
        lapses[gap.facility_id].append(_lapse(gap, until))
    wider = {
        earlier[facility_id]
        for facility_id, own in lapses.items()
        if incidents.is_same_silence(own, heard.get(facility_id, ()))
    }
    return await _widened(connection, opens, wider)


def opened(incident: OpenIncident) -> Event:
    """Told to nobody yet: the reason is on record from the start."""
    detail = {
        "cause": incident.cause,
        "since": incident.since_at,
        "held_until": incident.opened_at + incidents.HOLD,
    }
    return Event(EventKind.INCIDENT_OPENED, incident.facility_id, incident.id, detail=detail)


def _beginnings(
    loose: Iterable[LooseGap], keys: Mapping[int, Key], known: Mapping[Key, OpenIncident]
) -> list[NewIncident]:
    since: dict[Key, datetime] = {}
    for gap in loose:
        key = keys[gap.id]
        if key not in known:
            since[key] = min(since.get(key, gap.start_at), gap.start_at)
    return [NewIncident(facility_id, cause, at) for (facility_id, cause), at in since.items()]


async def _witnesses(
    connection: AsyncConnection, gaps: Iterable[LooseGap], until: datetime
) -> dict[int, list[Witness]]:
    starts: dict[int, datetime] = {}
    for gap in gaps:
        since = gap.start_at - _BEFORE
        starts[gap.facility_id] = min(starts.get(gap.facility_id, since), since)
    return await evidence.witnesses(connection, starts, until=until)


def _lapse(gap: LooseGap, until: datetime) -> Lapse:
    return Lapse(
        gap.zone_id, gap.start_at, gap.end_at or until, gap.end_at is None, gap.min_devices
    )
