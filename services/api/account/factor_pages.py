"""Setting up second factors in the console: an app by its QR code, passkeys, codes on paper."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Final

import segno
from fastapi import APIRouter, Form, Query, Request
from markupsafe import Markup
from pydantic import TypeAdapter, ValidationError
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.api.access.caller import Caller, must_be_fresh
from services.api.access.transactions import changing
from services.api.account.pages import sheet
from services.api.console.forms import Typed
from services.api.console.paths import own_path
from services.api.console.render import page
from services.api.console.viewer import EnrollingViewer, Viewer
from services.api.factors import setting_up
from services.api.factors.party import PartyGiven, party_in
from services.api.factors.routes import PasskeyNumber
from services.api.factors.schemas import AppOut
from services.api.factors.setting_up import SetUp
from services.api.inputs import Name
from services.api.oidc import queries as identities
from services.api.problems import ConflictError, InvalidError, RequestError, UnauthenticatedError
from services.api.resources import Given, Resources
from services.api.sessions.pages import MOST_JSON, credential_in, half_frame, keep
from services.api.sessions.visitor import VisitorGiven
from shared.domain.assurance import Standing
from shared.domain.deeds import Deed, Subject, Verb
from shared.i18n import marked

router = APIRouter()
_NAME: Final = TypeAdapter(Name)
FAULTS: Final = {
    "wrong_code": marked("This is not the app's newest code. Wait for the next one and type it."),
    "no_name": marked("Give the passkey a name of at most 200 letters."),
    "passkey_known": marked("This passkey is set up already."),
    "passkey_failed": marked("The passkey was not set up. Try again."),
    "last_factor": marked(
        "Your roles need a second factor. Set up another one before you take this one away."
    ),
}


@router.get("/account/factors")
async def choose(
    request: Request,
    viewer: EnrollingViewer,
    wanted: Annotated[str, Query(alias="next", max_length=2000)] = "/",
) -> Response:
    """For those whose roles need one and who have none: nothing else is open to them."""
    if viewer.standing is Standing.FULL:
        return RedirectResponse("/account", HTTPStatus.SEE_OTHER)
    return _choice(request, viewer, next=own_path(wanted), fault="")


@router.post("/account/factors/app")
async def propose_app(viewer: EnrollingViewer, resources: Given) -> Response:
    await setting_up.propose_app(resources, viewer)
    return RedirectResponse("/account/factors/app", HTTPStatus.SEE_OTHER)


@router.get("/account/factors/app")
async def show_app(request: Request, viewer: EnrollingViewer, resources: Given) -> Response:
    proposed = await setting_up.proposed_app(resources, viewer)
    if proposed is None:
        return RedirectResponse("/account", HTTPStatus.SEE_OTHER)
    return _app_form(request, viewer, proposed, "")


@router.post("/account/factors/app/confirm")
async def confirm_app(
    request: Request,
    viewer: EnrollingViewer,
    resources: Given,
    visitor: VisitorGiven,
    code: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    try:
        made = await setting_up.confirm_app(resources, viewer, code, visitor)
    except InvalidError:
        proposed = await setting_up.proposed_app(resources, viewer)
        if proposed is None:
            raise
        return _app_form(request, viewer, proposed, FAULTS["wrong_code"])
    return _set_up(request, viewer, made)


@router.post("/account/factors/app/remove")
async def remove_app(request: Request, viewer: Viewer, resources: Given) -> Response:
    try:
        await setting_up.remove_app(resources, viewer)
    except ConflictError as refusal:
        return await _kept(request, viewer, resources, refusal)
    return RedirectResponse("/account?done=factor", HTTPStatus.SEE_OTHER)


@router.post("/account/factors/passkeys/options")
async def passkey_options(viewer: EnrollingViewer, resources: Given, party: PartyGiven) -> Response:
    return JSONResponse(await setting_up.ask_for_passkey(resources, viewer, party))


@router.post("/account/factors/passkeys")
async def add_passkey(
    request: Request,
    viewer: EnrollingViewer,
    resources: Given,
    party: PartyGiven,
    visitor: VisitorGiven,
    typed: Typed,
) -> Response:
    try:
        called = _NAME.validate_python(typed.get("name", ""))
        answered = credential_in(typed.get("credential", "")[:MOST_JSON])
        made = await setting_up.add_passkey(resources, viewer, party, answered, called, visitor)
    except ValidationError:
        return await _again(request, viewer, resources, "no_name")
    except (UnauthenticatedError, InvalidError):
        return await _again(request, viewer, resources, "passkey_failed")
    except ConflictError as refusal:
        return await _again(request, viewer, resources, refusal.code)
    return _set_up(request, viewer, made)


@router.post("/account/factors/passkeys/{number}/remove")
async def remove_passkey(
    request: Request, number: PasskeyNumber, viewer: Viewer, resources: Given
) -> Response:
    try:
        await setting_up.remove_passkey(resources, viewer, number)
    except ConflictError as refusal:
        return await _kept(request, viewer, resources, refusal)
    return RedirectResponse("/account?done=factor", HTTPStatus.SEE_OTHER)


@router.post("/account/factors/recovery-codes")
async def renew_codes(request: Request, viewer: Viewer, resources: Given) -> Response:
    codes = await setting_up.renew_recovery_codes(resources, viewer)
    return _codes(request, viewer, codes)


@router.post("/account/identity/remove")
async def unlink(viewer: Viewer, resources: Given) -> Response:
    """The identity provider's word opens nothing here any more."""
    must_be_fresh(viewer, now=resources.now())
    deed = Deed(Verb.REMOVE, Subject.PERSON, str(viewer.user_id), detail={"factor": "identity"})
    async with changing(resources, viewer, deed) as connection:
        await identities.unlink(connection, viewer.user_id)
    return RedirectResponse("/account?done=factor", HTTPStatus.SEE_OTHER)


def _set_up(request: Request, viewer: Caller, made: SetUp) -> Response:
    """With the first factor its codes are shown, this once; the session may have a new token."""
    answer: Response
    if made.recovery_codes is None:
        answer = RedirectResponse("/account", HTTPStatus.SEE_OTHER)
    else:
        answer = _codes(request, viewer, made.recovery_codes)
    if made.begun is not None:
        keep(request, answer, made.begun)
    return answer


def _choice(request: Request, viewer: Caller, *, fault: str, **content: object) -> Response:
    own = half_frame(request, viewer)
    return page(
        own,
        "account_factors.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        has_passkeys=party_in(request) is not None,
        fault=own.translator.gettext(fault) if fault else "",
        **content,
    )


def _app_form(request: Request, viewer: Caller, app: AppOut, fault: str) -> Response:
    own = half_frame(request, viewer)
    svg = segno.make(app.address, error="m", micro=False).svg_inline(omitsize=True, border=2)
    return page(
        own,
        "account_app.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        qr=Markup(svg),  # noqa: S704 - drawn by segno, holds no text
        secret=" ".join(app.secret[at : at + 4] for at in range(0, len(app.secret), 4)),
        fault=own.translator.gettext(fault) if fault else "",
    )


def _codes(request: Request, viewer: Caller, codes: Sequence[str]) -> Response:
    return page(half_frame(request, viewer), "account_codes.html", codes=codes)


async def _again(request: Request, viewer: Caller, resources: Resources, code: str) -> Response:
    fault = FAULTS.get(code, FAULTS["passkey_failed"])
    if viewer.standing is not Standing.FULL:
        return _choice(request, viewer, next="/", fault=fault)
    return await sheet(
        request, viewer, resources, fault=fault, status=HTTPStatus.UNPROCESSABLE_ENTITY
    )


async def _kept(
    request: Request, viewer: Caller, resources: Resources, refusal: RequestError
) -> Response:
    if refusal.code != "last_factor":
        raise refusal
    fault = FAULTS["last_factor"]
    return await sheet(request, viewer, resources, fault=fault, status=refusal.status)
