"""Takes up an incident for somebody: once each, while it is open; API and console do it here."""

from typing import Final

from services.api.access.caller import Caller
from services.api.access.transactions import changing
from services.api.incidents import queries
from services.api.incidents.queries import By
from services.api.incidents.schemas import AcknowledgementOut
from services.api.problems import ConflictError, ForbiddenError, MissingError
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.handling import Way
from shared.domain.states import IncidentState
from shared.runtime import logging

log = logging.get(__name__)


CONSOLE: Final = By(Way.CONSOLE)


async def acknowledge(
    resources: Resources, caller: Caller, incident_id: int, *, note: str, by: By = CONSOLE
) -> AcknowledgementOut:
    """Doing it again changes nothing and gives the first one back."""
    deed = Deed(Verb.ACKNOWLEDGE, Subject.INCIDENT, str(incident_id), detail={"by": str(by.way)})
    async with changing(resources, caller, deed) as connection:
        incident = await queries.one(connection, incident_id, caller.scope(Action.WATCH))
        if incident is None:
            raise MissingError("incident")
        place = await queries.place_of(connection, incident_id)
        if not may(caller, Action.ACKNOWLEDGE, place):
            raise ForbiddenError("Your role here does not allow this.")
        given = await queries.acknowledgement_of(connection, incident_id, caller.user_id)
        if given is not None:
            return given
        if incident.state is IncidentState.RESOLVED:
            raise ConflictError("This incident is over; there is nothing to take up.", code="over")
        now = resources.now()
        row_id = await queries.acknowledge(
            connection, incident_id, caller.user_id, by, note=note, now=now
        )
    log.info("incident_acknowledged", incident_id=incident_id, way=by.way)
    return AcknowledgementOut(id=row_id, by=caller.name, note=note, via=by.way, acknowledged_at=now)


def may(caller: Caller, action: Action, place: tuple[int | None, int] | None) -> bool:
    """`place`: a facility and its unit, or a unit alone; absent for what is the platform's own."""
    scope = caller.scope(action)
    if place is None:
        return scope.is_everywhere
    facility_id, unit_id = place
    if facility_id is None:
        return scope.covers_unit(unit_id)
    return scope.covers(facility_id=facility_id, admin_unit_id=unit_id)
