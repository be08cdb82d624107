"""`/incidents` and `/incidents/{id}`: the board, one incident with its story, and what one does."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from services.api.console.paths import own_path
from services.api.console.viewer import Viewer
from services.api.incidents import acknowledging
from services.api.incidents.acknowledging import CONSOLE
from services.api.incidents.acting import acting, forms
from services.api.incidents.acting.forms import FormError
from services.api.incidents.at_once import outcome, taking
from services.api.incidents.board.page import FilterGiven, board
from services.api.incidents.ids import IncidentId
from services.api.incidents.schemas import MOST_AT_ONCE, ManyIn
from services.api.incidents.story_page import Refused, story_page
from services.api.problems import ConflictError, InvalidError
from services.api.resources import Given

router = APIRouter()
Back = Annotated[str, Form(max_length=1000)]


@router.get("/incidents")
async def incidents(
    request: Request, viewer: Viewer, resources: Given, asked: FilterGiven
) -> Response:
    return await board(request, viewer, resources, asked)


@router.get("/incidents/{id}")
async def incident(
    request: Request, incident_id: IncidentId, viewer: Viewer, resources: Given
) -> Response:
    return await story_page(request, viewer, resources, incident_id)


@router.post("/incidents/{id}/acknowledge")
async def acknowledge(
    incident_id: IncidentId,
    viewer: Viewer,
    resources: Given,
    note: Annotated[str, Form(max_length=2000)] = "",
    back: Back = "/incidents",
) -> Response:
    await acknowledging.acknowledge(resources, viewer, incident_id, note=note.strip())
    return RedirectResponse(own_path(back), HTTPStatus.SEE_OTHER)


@router.post("/incidents/acknowledgements")
async def acknowledge_many(request: Request, viewer: Viewer, resources: Given) -> Response:
    """Those ticked, or all that were shown; the board then says how it went."""
    async with request.form(max_files=0) as form:
        back = own_path(str(form.get("back", ""))).partition("?")
        shown = str(form.get("all", "")).split(",")
        ticked = [str(one) for one in form.getlist("incident")]
    wanted = shown if any(shown) else ticked
    numbers = [int(one) for one in wanted if one.isascii() and one.isdigit() and len(one) < 19]
    numbers = [number for number in numbers if number > 0][:MOST_AT_ONCE]
    if not numbers:
        return RedirectResponse("/incidents", HTTPStatus.SEE_OTHER)
    await taking.acknowledge(resources, viewer, ManyIn(incidents=numbers), CONSOLE)
    address = outcome.address_of(list(dict.fromkeys(numbers)), back[2])
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


@router.post("/incidents/{id}/actions")
async def act(
    request: Request, incident_id: IncidentId, viewer: Viewer, resources: Given
) -> Response:
    """What was wrong with a form is said on the page, with what was typed."""
    async with request.form(max_files=0) as form:
        typed = forms.typed_of(form)
    try:
        await acting.act(
            resources, viewer, incident_id, forms.action_of(typed, now=resources.now())
        )
    except (FormError, ConflictError, InvalidError) as refusal:
        refused = Refused(typed.kind, refusal, typed)
        return await story_page(request, viewer, resources, incident_id, refused)
    return RedirectResponse(f"/incidents/{incident_id}", HTTPStatus.SEE_OTHER)
