"""Rates what is new, what grew, and what has lasted long enough to be worse."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.group.queries import OpenIncident
from services.alerts.history.queries import Event
from services.alerts.severity import queries
from services.alerts.severity.queries import Rated
from shared.domain import severity
from shared.domain.incidents import EventKind
from shared.domain.severity import Plight


async def rate(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    grown: Collection[int],
    *,
    until: datetime,
    now: datetime,
) -> tuple[list[OpenIncident], list[Event]]:
    """Nothing is loaded while nothing is due. It only ever gets worse."""
    fresh = {i.id for i in opens if i.opened_at == now}
    wanted = fresh | set(grown)
    due = {i.id: i for i in opens if i.id in wanted or (i.lasts and _is_due(i, until))}
    if not due:
        return list(opens), []
    plights = await queries.plights(connection, list(due))
    rated = {number: _rated(due[number], plight, until) for number, plight in plights.items()}
    await queries.rate(connection, list(rated.values()))
    events = [
        _event(due[number], one, until)
        for number, one in rated.items()
        if one.severity is not due[number].severity and due[number].opened_at != now
    ]
    return [_after(i, rated[i.id]) if i.id in rated else i for i in opens], events


def with_severity(events: Iterable[Event], opens: Sequence[OpenIncident]) -> list[Event]:
    """What is opened says how bad it is from the start."""
    rated = {incident.id: incident.severity for incident in opens}
    return [
        replace(event, detail={**event.detail, "severity": rated[event.incident_id]})
        if event.kind is EventKind.INCIDENT_OPENED and event.incident_id in rated
        else event
        for event in events
    ]


def _is_due(incident: OpenIncident, until: datetime) -> bool:
    return incident.severity_due_at is not None and incident.severity_due_at <= until


def _rated(incident: OpenIncident, plight: Plight, until: datetime) -> Rated:
    rated = severity.worse(incident.severity, severity.severity_of(plight, now=until))
    return Rated(incident.id, rated, severity.next_look_at(plight, rated, now=until))


def _after(incident: OpenIncident, rated: Rated) -> OpenIncident:
    return replace(incident, severity=rated.severity, severity_due_at=rated.due_at)


def _event(incident: OpenIncident, rated: Rated, until: datetime) -> Event:
    detail: dict[str, object] = {
        "was": incident.severity,
        "severity": rated.severity,
        "lasted_s": round((until - incident.since_at).total_seconds()),
    }
    return Event(EventKind.SEVERITY_CHANGED, incident.facility_id, incident.id, detail=detail)
