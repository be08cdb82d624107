"""`/sharing`: grants in the console: who may read, who did; propose, decide, revoke."""

from datetime import date, timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.viewer import Viewer
from services.api.grants import granting
from services.api.grants.routes import GrantId
from services.api.grants.schemas import GrantIn, ReasonIn
from services.api.grants.sheet import Asked, may_of, overview, reads, sheet
from services.api.grants.words import told
from services.api.paging import Paging, PagingGiven
from services.api.problems import ForbiddenError, MissingError, RequestError
from services.api.resources import Given, Resources
from shared.domain.schedule import COUNTRY_TIME_ZONE, midnight

router = APIRouter()


@router.get("/sharing")
async def grants(
    request: Request, viewer: Viewer, resources: Given, paging: PagingGiven
) -> Response:
    """Whoever registers agencies and sees no grants is led to the agencies."""
    may = may_of(viewer)
    if may.manage and not may.grants:
        return RedirectResponse("/sharing/agencies", HTTPStatus.SEE_OTHER)
    return await overview(request, viewer, resources, paging, Asked())


@router.get("/sharing/reads")
async def who_read(request: Request, viewer: Viewer, resources: Given) -> Response:
    return await reads(request, viewer, resources)


@router.post("/sharing/grants")
async def propose(request: Request, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    try:
        grant = await granting.propose(resources, viewer, _given(typed))
    except (ValidationError, RequestError) as refusal:
        fault = _told(request, viewer, refusal)
        paging = Paging(50, None, request, Response())
        return await overview(request, viewer, resources, paging, Asked(typed, fault))
    return _to(grant.id)


def _given(typed: dict[str, str]) -> GrantIn:
    """The last day is included; an area is a unit or a facility."""
    kind, _, code = typed.get("area", "").partition(":")
    given: dict[str, object] = {**typed, kind or "unit": code}
    try:
        last = date.fromisoformat(typed.get("valid_to", ""))
        given["valid_to"] = midnight(last + timedelta(days=1), COUNTRY_TIME_ZONE)
    except (ValueError, OverflowError):
        given["valid_to"] = None
    return GrantIn.model_validate(given)


@router.get("/sharing/grants/{grant}")
async def one(request: Request, grant: GrantId, viewer: Viewer, resources: Given) -> Response:
    return await sheet(request, viewer, resources, grant, Asked())


@router.post("/sharing/grants/{grant}/approve")
async def approve(request: Request, grant: GrantId, viewer: Viewer, resources: Given) -> Response:
    try:
        await granting.approve(resources, viewer, grant)
    except RequestError as refusal:
        return await _again(request, viewer, resources, grant, refusal)
    return _to(grant)


@router.post("/sharing/grants/{grant}/refuse")
async def refuse(
    request: Request, grant: GrantId, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    try:
        reason = ReasonIn(reason=typed.get("reason", "")).reason
        await granting.refuse(resources, viewer, grant, reason)
    except (ValidationError, RequestError) as refusal:
        return await _again(request, viewer, resources, grant, refusal)
    return _to(grant)


@router.post("/sharing/grants/{grant}/revoke")
async def revoke(
    request: Request, grant: GrantId, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    try:
        reason = ReasonIn(reason=typed.get("reason", "")).reason
        await granting.revoke(resources, viewer, grant, reason)
    except (ValidationError, RequestError) as refusal:
        return await _again(request, viewer, resources, grant, refusal)
    return _to(grant)


async def _again(
    request: Request,
    viewer: Caller,
    resources: Resources,
    grant: int,
    refusal: ValidationError | RequestError,
) -> Response:
    fault = _told(request, viewer, refusal)
    return await sheet(request, viewer, resources, grant, Asked(fault=fault))


def _told(request: Request, viewer: Caller, refusal: ValidationError | RequestError) -> str:
    """Raises what is no mistake in the form: it has a page of its own."""
    is_foreign = isinstance(refusal, MissingError | ForbiddenError)
    if isinstance(refusal, RequestError) and is_foreign and refusal.code != "four_eyes":
        raise refusal
    return told(refusal, frame(request, viewer).translator)


def _to(grant: int) -> Response:
    return RedirectResponse(f"/sharing/grants/{grant}", HTTPStatus.SEE_OTHER)
