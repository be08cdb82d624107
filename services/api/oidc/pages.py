"""To the identity provider and back, in the console."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from services.api.access import caller as callers
from services.api.access.caller import Caller, must_be_fresh
from services.api.console.paths import own_path
from services.api.console.viewer import EnrollingViewer
from services.api.oidc import journeys
from services.api.oidc.journeys import GOOD_FOR, Arrival, Return
from services.api.oidc.provider import Provider, ProviderError
from services.api.oidc.settings import is_offered
from services.api.problems import ConflictError, ForbiddenError, UnauthenticatedError
from services.api.resources import Given, Resources
from services.api.sessions import cookies
from services.api.sessions.pages import welcome
from services.api.sessions.visitor import Visitor, VisitorGiven

router = APIRouter()
Text = Annotated[str, Query(max_length=4000)]


def provider_of(request: Request, resources: Resources) -> Provider:
    """One for all requests: it remembers what the provider says of itself."""
    if not is_offered(resources.settings):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    if not hasattr(request.app.state, "provider"):
        request.app.state.provider = Provider(resources.settings, resources.egress)
    found: Provider = request.app.state.provider
    return found


@router.get("/login/identity")
async def depart(
    request: Request,
    resources: Given,
    wanted: Annotated[str, Query(alias="next", max_length=2000)] = "/",
) -> Response:
    return await _away(request, resources, own_path(wanted), None)


@router.get("/account/identity")
async def depart_to_link(request: Request, viewer: EnrollingViewer, resources: Given) -> Response:
    must_be_fresh(viewer, now=resources.now())
    return await _away(request, resources, "/account", viewer)


@router.get("/login/identity/callback")
async def arrive(
    request: Request,
    resources: Given,
    visitor: VisitorGiven,
    state: Text = "",
    code: Text = "",
    iss: Text | None = None,
) -> Response:
    """Where the provider sends its people back; a refusal of theirs has no code."""
    provider = provider_of(request, resources)
    back = Return(state, code, iss, cookies.read(request, cookies.JOURNEY))
    try:
        arrival = await journeys.arrive(resources, provider, back)
        answer = await _in(request, resources, arrival, visitor)
    except UnauthenticatedError as refusal:
        answer = RedirectResponse(f"/login?fault={refusal.code}", HTTPStatus.SEE_OTHER)
    cookies.drop(request, answer, cookies.JOURNEY)
    return answer


@router.get("/logout/identity")
async def leave(request: Request, resources: Given) -> Response:
    """Log out there too."""
    provider = provider_of(request, resources)
    try:
        address = await provider.end_address(now=resources.now())
    except ProviderError:
        address = None
    return RedirectResponse(address or "/login", HTTPStatus.SEE_OTHER)


async def _away(
    request: Request, resources: Resources, wanted: str, caller: Caller | None
) -> Response:
    """Not because another site says so."""
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise ForbiddenError("This request did not come from our own pages.", code="foreign_origin")
    provider = provider_of(request, resources)
    departure = await journeys.depart(resources, provider, wanted=wanted, caller=caller)
    answer = RedirectResponse(departure.address, HTTPStatus.SEE_OTHER)
    cookies.keep(
        request,
        answer,
        cookies.JOURNEY,
        departure.browser,
        max_age_s=int(GOOD_FOR.total_seconds()),
    )
    return answer


async def _in(
    request: Request, resources: Resources, arrival: Arrival, visitor: Visitor
) -> Response:
    if arrival.journey.user_id is None:
        return welcome(
            request, await journeys.log_in(resources, arrival, visitor), arrival.journey.wanted
        )
    token = cookies.read(request)
    found = await callers.caller_of(resources, token) if token else None
    if found is None:
        raise UnauthenticatedError("This session has ended.", code="session_ended")
    try:
        await journeys.link(resources, arrival, await callers.enrolling(found))
    except ConflictError as refusal:
        raise UnauthenticatedError(refusal.detail, code=refusal.code) from refusal
    return RedirectResponse(arrival.journey.wanted, HTTPStatus.SEE_OTHER)
