"""Every facility in one's place, on a list and on a plan; the page of one; new ones."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.find import seen_facility
from services.api.access.transactions import reading
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.viewer import Viewer
from services.api.facilities import browsing, entering, registering, routes
from services.api.facilities.schemas import FacilityChange, FacilityIn
from services.api.facilities.sheet import Asked, sheet
from services.api.inputs import FacilityCode
from services.api.licences import discovering
from services.api.licences import mistakes as refusals
from services.api.licences import sheet as law
from services.api.licences.schemas import DiscoveryIn
from services.api.problems import InvalidError, RequestError
from services.api.resources import Given
from shared.domain.access import Action

router = APIRouter()


@router.get("/facilities")
async def facilities(request: Request, viewer: Viewer, resources: Given) -> Response:
    return await browsing.listed(request, viewer, resources)


@router.get("/facility-map")
async def plan(request: Request, viewer: Viewer, resources: Given) -> Response:
    return await browsing.drawn(request, viewer, resources)


@router.get("/new-facility")
async def new(request: Request, viewer: Viewer, resources: Given) -> Response:
    return await entering.sheet(request, viewer, resources)


@router.post("/new-facility")
async def register(request: Request, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    try:
        given = FacilityIn.model_validate(entering.fields_of(typed))
        await registering.register(resources, viewer, given)
    except (ValidationError, RequestError) as refusal:
        fault = refusals.words_of(refusal, frame(request, viewer).translator)
        return await entering.sheet(request, viewer, resources, typed, {"register": fault})
    return RedirectResponse(f"/facilities/{given.code}/registry", HTTPStatus.SEE_OTHER)


@router.post("/new-facility/discovered")
async def discover(request: Request, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    try:
        given = DiscoveryIn.model_validate(entering.fields_of(typed))
        code = await discovering.discover(resources, viewer, given)
    except (ValidationError, RequestError) as refusal:
        fault = refusals.words_of(refusal, frame(request, viewer).translator)
        return await entering.sheet(request, viewer, resources, typed, {"discover": fault})
    return RedirectResponse(f"/facilities/{code}/registry", HTTPStatus.SEE_OTHER)


@router.get("/facilities/{code}")
async def facility(
    request: Request,
    code: FacilityCode,
    viewer: Viewer,
    resources: Given,
    day: Annotated[date | None, Query()] = None,
    found: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Whoever may not watch there sees what the law says of it.

    `found`: a camera found on site that somebody wants to register.
    """
    async with reading(resources, viewer) as connection:
        there = await seen_facility(connection, code, viewer)
    if there.retired_at is not None or not viewer.may(Action.WATCH, there):
        return await law.sheet(request, viewer, resources, code, law.Asked())
    return await sheet(request, viewer, resources, code, Asked(day=day, found=found))


@router.post("/facilities/{code}/signature")
async def require_signature(
    code: FacilityCode, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    required = typed.get("required")
    if required not in {"yes", "no"}:
        raise InvalidError("body.required", "It is neither yes nor no.", "Send one of them.")
    wanted = FacilityChange(requires_signature=required == "yes")
    await routes.change(code, wanted, viewer, resources)
    return RedirectResponse(f"/facilities/{code}#signature-title", HTTPStatus.SEE_OTHER)
