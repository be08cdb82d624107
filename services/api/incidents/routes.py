"""`/incidents`: list, read, acknowledge."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from services.api.access.caller import CallerGiven
from services.api.access.find import watched_facility
from services.api.access.transactions import reading, still_disclosing
from services.api.gaps import queries as gaps
from services.api.incidents import acknowledging, queries
from services.api.incidents.acknowledging import may
from services.api.incidents.schemas import (
    AcknowledgementIn,
    AcknowledgementOut,
    IncidentDetailOut,
    IncidentOut,
)
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import MissingError
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.states import IncidentState

router = APIRouter(prefix="/incidents", tags=["incidents"])

IncidentId = Annotated[int, Path(alias="id", ge=1, lt=2**63)]


@router.get("", operation_id="list_incidents", responses=problems(401, 404, 422))
async def list_incidents(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    state: Annotated[IncidentState | None, Query()] = None,
    facility: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[IncidentOut]:
    """The incidents in your place, newest first."""
    async with reading(resources, caller) as connection:
        facility_id = None
        if facility is not None:
            facility_id = (await watched_facility(connection, facility, caller)).id
        rows = await queries.page(
            connection,
            caller.scope(Action.WATCH),
            facility_id=facility_id,
            state=state,
            before=paging.before_moment(),
            limit=paging.fetch,
        )
    return paging.page(rows, lambda row: row, lambda row: (row.opened_at, row.id))


@router.get("/{id}", operation_id="read_incident", responses=problems(401, 404, 422))
async def read(incident_id: IncidentId, caller: CallerGiven, resources: Given) -> IncidentDetailOut:
    """One incident: its gaps, what happened, who was told and who took it up."""
    async with reading(resources, caller) as connection:
        incident = await queries.one(connection, incident_id, caller.scope(Action.WATCH))
    if incident is None:
        raise MissingError("incident")
    deed = Deed(Verb.READ, Subject.INCIDENT, str(incident_id), incident.facility)
    async with still_disclosing(resources, caller, deed) as connection:
        place = await queries.place_of(connection, incident_id)
        told = await queries.notifications(connection, incident_id)
        hidden = {} if may(caller, Action.SEE_ADDRESSES, place) else {"address": None}
        return IncidentDetailOut(
            **incident.model_dump(),
            gaps=list(await gaps.of_incident(connection, incident_id)),
            timeline=list(await queries.timeline(connection, incident_id)),
            notifications=[one.model_copy(update=hidden) for one in told],
            acknowledgements=list(await queries.acknowledgements(connection, incident_id)),
        )


@router.post(
    "/{id}/acknowledgements",
    status_code=201,
    operation_id="acknowledge_incident",
    responses=problems(401, 403, 404, 409, 422),
)
async def acknowledge(
    incident_id: IncidentId,
    caller: CallerGiven,
    resources: Given,
    given: AcknowledgementIn | None = None,
) -> AcknowledgementOut:
    """Take it up: nobody further is told. A second time changes nothing."""
    note = (given.note if given else None) or ""
    return await acknowledging.acknowledge(resources, caller, incident_id, note=note)
