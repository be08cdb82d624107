"""What was seen in part may turn out to be more: a device, its gateway, the whole facility."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.causes import explaining
from services.alerts.causes import queries as gaps_to_explain
from services.alerts.causes.queries import Unexplained
from services.alerts.gaps import queries as gaps
from services.alerts.group import queries
from services.alerts.group.queries import NewCause, OpenIncident
from services.alerts.history.queries import Event
from shared.domain import causes
from shared.domain.causes import Finding
from shared.domain.incidents import EventKind, Witness
from shared.domain.states import WHOLE_FACILITY

Key = tuple[int | None, Finding]


def finding_of(incident: OpenIncident) -> Finding:
    return Finding(incident.cause, incident.gateway_id, incident.fault)


async def widen(
    connection: AsyncConnection, opens: Sequence[OpenIncident], *, until: datetime, now: datetime
) -> tuple[list[OpenIncident], list[Event]]:
    """What is young and untold is looked at again; what is part of another becomes that."""
    young = {
        incident.id: incident
        for incident in opens
        if incident.lasting_since is not None
        and causes.may_widen(
            cause=incident.cause,
            opened_at=incident.opened_at,
            was_told=incident.was_told,
            now=now,
        )
    }
    if not young:
        return list(opens), []
    first = await gaps_to_explain.first_gaps(connection, list(young))
    whole = {number for number, i in young.items() if i.cause in WHOLE_FACILITY}
    parts = [gap for gap in first if gap.incident_id not in whole]
    found = await explaining.findings(connection, parts, until=until)
    found |= await explaining.facilities(
        connection, [gap for gap in first if gap.incident_id in whole], until=until
    )
    wider = {
        gap.incident_id: found[gap.id]
        for gap in first
        if gap.incident_id is not None
        and causes.is_wider(finding_of(young[gap.incident_id]), found[gap.id])
    }
    return await _apply(connection, opens, wider)


async def recognise(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    keys: Set[Key],
    *,
    until: datetime,
) -> tuple[list[OpenIncident], list[Event]]:
    """New gaps show what happened: so may what was told, in part, as something narrower."""
    known = {(incident.facility_id, finding_of(incident).kin) for incident in opens}
    news: dict[int | None, list[Finding]] = defaultdict(list)
    for facility_id, finding in keys - known:
        news[facility_id].append(finding)
    suspects = {
        incident.id: causes.widest(wider)
        for incident in opens
        if incident.facility_id in news and incident.lasting_since is not None
        if incident.unstable_since is None
        if (wider := [f for f in news[incident.facility_id] if _is_wider(incident, f)])
    }
    if not suspects:
        return list(opens), []
    lasting = await gaps_to_explain.lasting_gaps(connection, list(suspects))
    heard = await explaining.witnesses(connection, lasting, until=until)
    by_incident: dict[int, list[Unexplained]] = defaultdict(list)
    for gap in lasting:
        if gap.incident_id is not None:
            by_incident[gap.incident_id].append(gap)
    proven = {
        incident_id: suspects[incident_id]
        for incident_id, own in by_incident.items()
        if _is_same(suspects[incident_id], own, heard.get(own[0].facility_id, ()), until)
    }
    return await _apply(connection, opens, proven)


def _is_wider(incident: OpenIncident, finding: Finding) -> bool:
    return causes.is_wider(finding_of(incident), finding)


def _is_same(
    finding: Finding, own: Sequence[Unexplained], heard: Sequence[Witness], until: datetime
) -> bool:
    lapses = [gap.lapse(until) for gap in own]
    if finding.cause in WHOLE_FACILITY:
        return causes.is_same_silence(lapses, heard)
    return all(causes.cause_of(lapse, heard) == finding for lapse in lapses)


async def _apply(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    wider: Mapping[int, Finding],
) -> tuple[list[OpenIncident], list[Event]]:
    """The first of those that are one becomes it; untold others are taken into it, unheard."""
    current = {incident.id: incident for incident in opens}
    taken = {(i.facility_id, finding_of(i).kin): i.id for i in opens if i.id not in wider}
    changed: dict[int, Finding] = {}
    into: dict[int, int] = {}
    for incident_id, finding in sorted(wider.items()):
        key = (current[incident_id].facility_id, finding.kin)
        home = taken.setdefault(key, incident_id)
        if home == incident_id:
            changed[incident_id] = finding
        elif not current[incident_id].was_told:
            into[incident_id] = home
    await queries.widen(
        connection, [NewCause(n, why.cause, why.gateway_id) for n, why in changed.items()]
    )
    await gaps.absorb(connection, into)
    await queries.date_back(connection, into.values())
    events = [
        *(_widened(current[number], why) for number, why in changed.items()),
        *(_joined(current[number], home) for number, home in into.items()),
    ]
    return [_after(i, changed, into) for i in opens], events


def _after(
    incident: OpenIncident, changed: Mapping[int, Finding], into: Mapping[int, int]
) -> OpenIncident:
    if incident.id in into:
        return replace(incident, lasts=False, lasting_since=None)
    if (why := changed.get(incident.id)) is None:
        return incident
    return replace(
        incident, cause=why.cause, gateway_id=why.gateway_id, severity_due_at=incident.since_at
    )


def _widened(incident: OpenIncident, why: Finding) -> Event:
    detail: dict[str, object] = {"was": incident.cause, "cause": why.cause}
    if why.gateway_id is not None:
        detail["gateway_id"] = why.gateway_id
    return Event(EventKind.INCIDENT_WIDENED, incident.facility_id, incident.id, detail=detail)


def _joined(incident: OpenIncident, home: int) -> Event:
    detail = {"into": home, "reason": "same_cause"}
    return Event(EventKind.INCIDENT_JOINED, incident.facility_id, incident.id, detail=detail)
