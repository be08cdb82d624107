"""Where the link of an invitation leads: who you are to be, and your passphrase."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller, caller_of, must_come_from_our_pages
from services.api.account.passphrases import PassphraseError
from services.api.account.words import PASSPHRASE_FAULTS
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.invitations.acceptance import accepting
from services.api.invitations.acceptance.accepting import Found
from services.api.invitations.schemas import AcceptanceIn
from services.api.people.words import ROLES
from services.api.problems import ConflictError
from services.api.resources import Given, Resources
from services.api.sessions import cookies
from services.api.sessions.pages import welcome
from services.api.sessions.schemas import MOST_TYPED
from services.api.sessions.visitor import VisitorGiven
from shared.domain.assurance import Standing
from shared.domain.passphrase import LONGEST, SHORTEST
from shared.i18n import LANGUAGES

router = APIRouter()
Token = Annotated[str, Query(max_length=200)]
Passphrase = Annotated[str, Form(max_length=MOST_TYPED)]


@router.get("/invitation")
async def read(request: Request, resources: Given, token: Token = "") -> Response:
    """Looking changes nothing: mail programs look, too."""
    try:
        found = await accepting.found(resources, token)
    except ConflictError:
        return page(frame(request, None), "invitation_over.html", status=HTTPStatus.GONE)
    return await _form(request, resources, found, token, typed={})


@router.post("/invitation")
async def accept(
    request: Request,
    resources: Given,
    visitor: VisitorGiven,
    passphrase: Passphrase = "",
    again: Passphrase = "",
) -> Response:
    must_come_from_our_pages(request)
    async with request.form(max_files=0) as form:
        typed = {name: str(form.get(name, ""))[:400] for name in ("token", "name", "language")}
    try:
        found = await accepting.found(resources, typed["token"])
        fault = await _fault(request, found, typed, (passphrase, again))
        if fault:
            return await _form(
                request, resources, found, typed["token"], typed={**typed, "fault": fault}
            )
        given = AcceptanceIn.model_validate({**typed, "passphrase": passphrase})
        begun = await accepting.accept(resources, given, visitor)
    except PassphraseError as refusal:
        t = frame(request, None).translator
        told = {**typed, "fault": t.gettext(PASSPHRASE_FAULTS[refusal.fault])}
        return await _form(request, resources, found, typed["token"], typed=told)
    except ConflictError:
        return page(frame(request, None), "invitation_over.html", status=HTTPStatus.GONE)
    return welcome(request, begun, "/")


@router.post("/invitation/own")
async def accept_as_oneself(
    request: Request, viewer: Viewer, resources: Given, token: Annotated[str, Form()] = ""
) -> Response:
    try:
        await accepting.accept_as_oneself(resources, token[:200], viewer)
    except ConflictError:
        return page(frame(request, viewer), "invitation_over.html", status=HTTPStatus.GONE)
    return RedirectResponse("/", HTTPStatus.SEE_OTHER)


async def _fault(
    request: Request, found: Found, typed: dict[str, str], passphrases: tuple[str, str]
) -> str:
    t = frame(request, None).translator
    first, again = passphrases
    if first != again:
        return t.gettext("The two new passphrases are not the same.")
    if typed["language"] not in LANGUAGES:
        typed["language"] = found.invitation.language
    try:
        AcceptanceIn.model_validate({**typed, "passphrase": first})
    except ValidationError:
        return t.gettext("Give a name of at most 200 letters.")
    return ""


async def _form(
    request: Request, resources: Resources, found: Found, token: str, *, typed: dict[str, str]
) -> Response:
    own = frame(request, None)
    fault = typed.get("fault", "")
    one = found.invitation
    needs_log_in = one.role is not None and found.account_id is not None
    return page(
        own,
        "invitation.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        one=one,
        role=own.translator.gettext(ROLES[one.role]) if one.role else "",
        place=one.facility_name or one.admin_unit_name or "",
        token=token,
        typed=typed,
        fault=fault,
        shortest=SHORTEST,
        longest=LONGEST,
        needs_log_in=needs_log_in,
        is_theirs=needs_log_in and await _is_theirs(request, resources, found),
        log_in="/login?" + urlencode({"next": f"/invitation?{urlencode({'token': token})}"}),
    )


async def _is_theirs(request: Request, resources: Resources, found: Found) -> bool:
    """Whether whoever reads this is logged in as the one to whom it was sent."""
    token = cookies.read(request)
    caller: Caller | None = await caller_of(resources, token) if token else None
    is_in = caller is not None and caller.standing is Standing.FULL
    return is_in and caller is not None and caller.user_id == found.account_id
