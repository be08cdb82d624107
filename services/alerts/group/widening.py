"""What is seen in part and told to nobody may turn out to be more; what is one becomes one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.causes import explaining
from services.alerts.causes import queries as gaps_to_explain
from services.alerts.gaps import queries as gaps
from services.alerts.group import queries
from services.alerts.group.queries import NewCause, OpenIncident
from services.alerts.history.queries import Event
from shared.domain import causes
from shared.domain.causes import Finding
from shared.domain.incidents import EventKind
from shared.domain.states import WHOLE_FACILITY
from shared.domain.widening import Part


def finding_of(incident: OpenIncident) -> Finding:
    return Finding(incident.cause, incident.gateway_id, incident.fault)


def part_of(incident: OpenIncident, lasting: Iterable[int] = ()) -> Part:
    return Part(
        incident.id,
        finding_of(incident),
        tuple(lasting),
        was_told=incident.was_told,
        acknowledged_at=incident.acknowledged_at,
        snoozed_until=incident.snoozed_until,
    )


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
    return await become(connection, opens, wider)


async def become(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    wider: Mapping[int, Finding],
) -> tuple[list[OpenIncident], list[Event]]:
    """One of those that are one becomes it, and takes the others in; who was told hears of it."""
    current = {incident.id: incident for incident in opens}
    taken = {(i.facility_id, finding_of(i).kin): i.id for i in opens if i.id not in wider}
    changed: dict[int, Finding] = {}
    into: dict[int, int] = {}
    for incident_id in sorted(wider, key=lambda number: part_of(current[number]).rank):
        finding = wider[incident_id]
        home = taken.setdefault((current[incident_id].facility_id, finding.kin), incident_id)
        if home == incident_id:
            changed[incident_id] = finding
        else:
            into[incident_id] = home
    await queries.widen(
        connection, [NewCause(n, why.cause, why.gateway_id) for n, why in changed.items()]
    )
    await gaps.absorb(connection, into)
    await queries.take_in(connection, into)
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
        return replace(incident, lasts=False, lasting_since=None, merged_into=into[incident.id])
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
