"""`/incidents/{id}/actions` and who may be asked to see to it."""

from typing import Annotated

from fastapi import APIRouter, Body

from services.api.access.caller import CallerGiven
from services.api.access.transactions import disclosing
from services.api.incidents.acting import acting
from services.api.incidents.acting.schemas import ActionIn, AssigneeOut
from services.api.incidents.ids import IncidentId
from services.api.incidents.schemas import ActionOut
from services.api.openapi import problems
from services.api.resources import Given
from shared.domain.deeds import Deed, Subject, Verb

router = APIRouter(prefix="/incidents/{id}", tags=["incidents"])


@router.post(
    "/actions",
    status_code=201,
    operation_id="act_on_incident",
    responses=problems(401, 403, 404, 409, 422),
)
async def act(
    incident_id: IncidentId,
    caller: CallerGiven,
    resources: Given,
    given: Annotated[ActionIn, Body()],
) -> ActionOut:
    """Comment, assign, put off, explain, review an explanation, or say what it was."""
    return await acting.act(resources, caller, incident_id, given)


@router.get("/assignees", operation_id="read_assignees", responses=problems(401, 404, 422))
async def read_assignees(
    incident_id: IncidentId, caller: CallerGiven, resources: Given
) -> list[AssigneeOut]:
    """Who may be asked to see to it, as far as you may see people there."""
    deed = Deed(Verb.LIST, Subject.PERSON, f"incident:{incident_id}")
    async with disclosing(resources, caller, deed) as connection:
        return await acting.assignees(resources, connection, caller, incident_id)
