"""`/incidents`: list, read, acknowledge."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.api.access.caller import CallerGiven
from services.api.access.find import watched_facility
from services.api.access.transactions import reading, still_disclosing
from services.api.gaps import queries as gaps
from services.api.incidents import acknowledging, queries
from services.api.incidents.acknowledging import may
from services.api.incidents.acting import queries as acting
from services.api.incidents.at_once import taking
from services.api.incidents.ids import IncidentId
from services.api.incidents.narrowing.queries import Wanted
from services.api.incidents.queries import By
from services.api.incidents.schemas import (
    AcknowledgementIn,
    AcknowledgementOut,
    IncidentDetailOut,
    IncidentOut,
    ManyIn,
    ManyOut,
)
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import MissingError
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.handling import Way
from shared.domain.states import Cause, IncidentState, Severity

router = APIRouter(prefix="/incidents", tags=["incidents"])


@dataclass(frozen=True, slots=True)
class Which:
    """Which incidents a request asks for."""

    facility: str | None
    wanted: Wanted
    is_mine: bool | None


def _which(  # noqa: PLR0913, PLR0917 - each is a parameter of the query
    state: Annotated[IncidentState | None, Query()] = None,
    facility: Annotated[str | None, Query(max_length=200)] = None,
    severity: Annotated[Severity | None, Query()] = None,
    cause: Annotated[Cause | None, Query()] = None,
    acknowledged: Annotated[bool | None, Query()] = None,
    mine: Annotated[bool | None, Query(description="Assigned to you")] = None,
    q: Annotated[str, Query(max_length=200, description="Words of facility or commune")] = "",
) -> Which:
    wanted = Wanted(state, None, severity, cause, None, acknowledged, q)
    return Which(facility, wanted, mine)


WhichGiven = Annotated[Which, Depends(_which)]


@router.get("", operation_id="list_incidents", responses=problems(401, 404, 422))
async def list_incidents(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    which: WhichGiven,
) -> Page[IncidentOut]:
    """The incidents in your place, newest first."""
    async with reading(resources, caller) as connection:
        facility_id = None
        if which.facility is not None:
            facility_id = (await watched_facility(connection, which.facility, caller)).id
        rows = await queries.page(
            connection,
            caller.scope(Action.WATCH),
            replace(
                which.wanted,
                facility_id=facility_id,
                assigned_to=caller.user_id if which.is_mine else None,
            ),
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
        hidden = {} if may(caller, Action.SEE_ADDRESSES, place) else {"address": None, "who": None}
        return IncidentDetailOut(
            **incident.model_dump(),
            gaps=list(await gaps.of_incident(connection, incident_id, now=resources.now())),
            timeline=list(await queries.timeline(connection, incident_id)),
            notifications=[one.model_copy(update=hidden) for one in told],
            acknowledgements=list(await queries.acknowledgements(connection, incident_id)),
            actions=list(await acting.of_incident(connection, incident_id)),
            children=list(await queries.children(connection, incident_id)),
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
    return await acknowledging.acknowledge(
        resources, caller, incident_id, note=note, by=By(Way.API)
    )


@router.post(
    "/acknowledgements",
    operation_id="acknowledge_incidents",
    responses=problems(401, 403, 422),
)
async def acknowledge_many(caller: CallerGiven, resources: Given, given: ManyIn) -> ManyOut:
    """Take up many at once; what stands against one of them stops none of the others."""
    return await taking.acknowledge(resources, caller, given, By(Way.API))
