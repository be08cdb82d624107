"""Takes acknowledgements in: who took an incident up, whether that is enough, what it stops."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.actions import queries
from services.alerts.actions.queries import Acknowledged
from services.alerts.group.queries import OpenIncident
from services.alerts.history.queries import Event
from shared.domain.incidents import EventKind


async def fold(
    connection: AsyncConnection, opens: Sequence[OpenIncident], *, now: datetime
) -> tuple[list[OpenIncident], list[Event]]:
    """The api writes them beside us; here they take effect, with what they stop, at one stroke.

    One is enough, unless a step needs all it told: then the last of those.
    """
    fresh = {incident.id: incident for incident in opens if incident.is_newly_acknowledged}
    if not fresh:
        return list(opens), []
    given = await queries.acknowledgements(connection, fresh)
    asked = await queries.asked_of_all(connection, fresh, now=now)
    missing = {
        number: asked.get(number, frozenset()) - {one.user_id for one in given[number]}
        for number in fresh
    }
    whole = {number: given[number][-1 if number in asked else 0].at for number in fresh}
    whole = {number: at for number, at in whole.items() if not missing[number]}
    await queries.acknowledge(connection, whole)
    cancelled = await queries.cancel_sends(connection, whole)
    events = [
        _acknowledged(fresh[number], one, missing[number])
        for number in fresh
        for one in given[number]
        if not one.is_noted
    ]
    events += [_cancelled(fresh[number], ids) for number, ids in cancelled.items()]
    return [replace(i, acknowledged_at=whole.get(i.id, i.acknowledged_at)) for i in opens], events


def _acknowledged(incident: OpenIncident, one: Acknowledged, missing: frozenset[int]) -> Event:
    """`waits_for`: so many others must still say so before anything stops."""
    detail: dict[str, object] = {
        "user_id": one.user_id,
        "at": one.at,
        "via": one.via,
        "acknowledgement_id": one.id,
        "waits_for": len(missing),
    }
    return Event(EventKind.ACKNOWLEDGED, incident.facility_id, incident.id, detail=detail)


def _cancelled(incident: OpenIncident, numbers: Sequence[int]) -> Event:
    detail: dict[str, object] = {"reason": "acknowledged", "notification_ids": list(numbers)}
    return Event(EventKind.SENDS_CANCELLED, incident.facility_id, incident.id, detail=detail)
