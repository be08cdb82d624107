"""Logging in and out in the console: plain forms, a cookie that scripts cannot read."""

import json
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.api.access.caller import Caller, must_come_from_our_pages
from services.api.console.frames import LANGUAGE_COOKIE, feed_of, frame
from services.api.console.paths import own_path
from services.api.console.render import Frame, page
from services.api.console.viewer import AnyViewer, still_logged_in
from services.api.factors import ceremony, proving, setting_up
from services.api.factors.challenges import giving
from services.api.factors.party import PartyGiven, party_in
from services.api.oidc.settings import is_offered
from services.api.problems import RequestError, TooManyError, UnauthenticatedError
from services.api.resources import Given, of
from services.api.sessions import cookies, login, tokens
from services.api.sessions.login import DEVICE_KNOWN_FOR, Begun
from services.api.sessions.schemas import MOST_TYPED
from services.api.sessions.visitor import VisitorGiven
from shared.domain.assurance import Standing
from shared.i18n import marked

router = APIRouter()
Wanted = Annotated[str, Form(alias="next", max_length=2000)]
MOST_JSON = 20_000

#: By the code of the problem.
FAULTS = {
    "wrong_credentials": marked("The e-mail or the passphrase is wrong."),
    "wrong_passkey": marked("This passkey opens nothing here."),
    "wrong_code": marked("This code is not right, or was used before. Take the newest one."),
    "too_many_attempts": marked("Too many attempts. Wait a few minutes, then try again."),
    "not_linked": marked("This identity belongs to no account here. Ask who invited you."),
    "provider_refused": marked("The identity provider did not vouch for you. Try again."),
}


@router.get("/login")
async def ask(
    request: Request,
    wanted: Annotated[str, Query(alias="next", max_length=2000)] = "/",
    fault: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    if await still_logged_in(request):
        return RedirectResponse(own_path(wanted), HTTPStatus.SEE_OTHER)
    return _form(request, email="", wanted=own_path(wanted), fault=fault)


@router.post("/login")
async def log_in(
    request: Request,
    resources: Given,
    visitor: VisitorGiven,
    email: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=MOST_TYPED)] = "",
    wanted: Wanted = "/",
) -> Response:
    must_come_from_our_pages(request)
    try:
        begun = await login.log_in(resources, email, password, visitor)
    except (UnauthenticatedError, TooManyError) as refusal:
        return _form(request, email=email, wanted=own_path(wanted), fault=refusal)
    return welcome(request, begun, wanted)


@router.post("/login/passkey/options")
async def passkey_options(request: Request, resources: Given, party: PartyGiven) -> Response:
    must_come_from_our_pages(request)
    challenge = await giving.give(resources, None)
    return JSONResponse(ceremony.to_log_in(party, challenge=challenge))


@router.post("/login/passkey")
async def log_in_with_passkey(
    request: Request,
    resources: Given,
    party: PartyGiven,
    visitor: VisitorGiven,
    credential: Annotated[str, Form(max_length=MOST_JSON)] = "",
    wanted: Wanted = "/",
) -> Response:
    must_come_from_our_pages(request)
    try:
        answered = credential_in(credential)
        begun = await proving.with_passkey(resources, party, answered, visitor)
    except UnauthenticatedError as refusal:
        return _form(request, email="", wanted=own_path(wanted), fault=refusal)
    return welcome(request, begun, wanted)


@router.get("/login/second-factor")
async def ask_second_factor(
    request: Request,
    viewer: AnyViewer,
    wanted: Annotated[str, Query(alias="next", max_length=2000)] = "/",
) -> Response:
    if viewer.standing is not Standing.MUST_PROVE:
        return RedirectResponse(own_path(wanted), HTTPStatus.SEE_OTHER)
    return await _second_form(request, viewer, wanted, None)


@router.post("/login/second-factor")
async def show_second_factor(
    request: Request,
    viewer: AnyViewer,
    resources: Given,
    visitor: VisitorGiven,
    code: Annotated[str, Form(max_length=60)] = "",
    wanted: Wanted = "/",
) -> Response:
    try:
        begun = await proving.with_code(resources, viewer, code, visitor)
    except (UnauthenticatedError, TooManyError) as refusal:
        return await _second_form(request, viewer, wanted, refusal)
    return welcome(request, begun, wanted)


@router.post("/logout")
async def log_out(request: Request, resources: Given, visitor: VisitorGiven) -> Response:
    """Also ends this reader's open pages. Nobody logged in is logged out as well."""
    must_come_from_our_pages(request)
    token = cookies.read(request)
    if token:
        await login.log_out(resources, token, visitor)
        feed_of(request).nudge()
    answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    cookies.drop(request, answer)
    return answer


def welcome(request: Request, begun: Begun, wanted: str) -> Response:
    """Where a new session goes on: what is still missing is asked for there."""
    answer = RedirectResponse(own_path(wanted), HTTPStatus.SEE_OTHER)
    keep(request, answer, begun)
    # From here on it is the reader's own language, until they choose again.
    cookies.drop(request, answer, LANGUAGE_COOKIE)
    return answer


def keep(request: Request, answer: Response, begun: Begun) -> None:
    """The token in place of the one before, and by what the browser is known next time."""
    lasts_s = int(tokens.ABSOLUTE.total_seconds())
    cookies.keep(request, answer, tokens.COOKIE, begun.token, max_age_s=lasts_s)
    if begun.device_token is not None:
        known_s = int(DEVICE_KNOWN_FOR.total_seconds())
        cookies.keep(request, answer, cookies.DEVICE, begun.device_token, max_age_s=known_s)


def half_frame(request: Request, viewer: Caller) -> Frame:
    """In the reader's language, without a menu or live parts while they are not in."""
    own = frame(request, viewer)
    return own if viewer.standing is Standing.FULL else replace(own, viewer_name=None)


def credential_in(text: str) -> dict[str, object]:
    """Raises `UnauthenticatedError` for what no browser sends."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UnauthenticatedError("This passkey opens nothing here.", code="wrong_passkey")
    return found


def _form(request: Request, *, email: str, wanted: str, fault: RequestError | str) -> Response:
    own = frame(request, None)
    code = fault if isinstance(fault, str) else fault.code
    settings = of(request).settings
    return page(
        own,
        "login.html",
        status=HTTPStatus.OK if isinstance(fault, str) else fault.status,
        email=email,
        next=wanted,
        fault=own.translator.gettext(FAULTS[code]) if code in FAULTS else "",
        has_passkeys=party_in(request) is not None,
        provider=settings.oidc_name if is_offered(settings) else None,
    )


async def _second_form(
    request: Request, viewer: Caller, wanted: str, refusal: RequestError | None
) -> Response:
    own = half_frame(request, viewer)
    factors = await setting_up.shown(of(request), viewer)
    return page(
        own,
        "login_second_factor.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        next=own_path(wanted),
        fault=own.translator.gettext(FAULTS[refusal.code]) if refusal else "",
        has_app=factors.app_since is not None,
        has_passkeys=bool(factors.passkeys) and party_in(request) is not None,
        codes_left=factors.recovery_codes_left,
    )
