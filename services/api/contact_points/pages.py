"""One's own telephones and browsers in the console."""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller
from services.api.browsers import keeping as browsers
from services.api.browsers.routes import BrowserNumber
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.refusals import SOMETHING
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.contact_points import keeping
from services.api.contact_points.keeping import MOST
from services.api.contact_points.routes import TelephoneNumber
from services.api.contact_points.schemas import (
    MOST_TYPED,
    Spelling,
    TelephoneChangeIn,
    TelephoneIn,
)
from services.api.problems import ConflictError, InvalidError, RequestError, TooManyError
from services.api.resources import Given, Resources
from shared.i18n import marked

router = APIRouter()
_HERE: Final = "/account/telephones"
#: What is told on the page itself; anything else has a page of its own.
_REFUSED: Final = (InvalidError, ConflictError, TooManyError)
#: By the code of the problem.
FAULTS: Final = {
    "invalid": marked("This is no mobile number. Write it as 0901 234 567 or +84 901 234 567."),
    "telephone_known": marked("This telephone is on the list already."),
    "too_many_telephones": marked("Five telephones are enough. Remove one first."),
    "wrong_code": marked("This is not the code, or it is too old. Have another one sent."),
    "not_verified": marked("Type in its code first."),
    "browser_gone": marked("This browser takes nothing any more."),
    "too_many_attempts": marked("Too many attempts. Wait a while, then try again."),
}
#: What has just been done, by the word in the address.
DONE: Final = {
    "added": marked("A code is on its way. Type it in below."),
    "verified": marked("This telephone is yours. Alerts reach it from now on."),
    "changed": marked("Saved."),
    "tested": marked("A test is on its way. Load this page again to see whether it arrived."),
    "browser_on": marked("Notifications are on in this browser. Send a test to see one."),
    "browser_removed": marked("Nothing is pushed to this browser any more."),
    "removed": marked("Nothing is sent to this telephone any more."),
}


@router.get(_HERE)
async def telephones(
    request: Request,
    viewer: Viewer,
    resources: Given,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    return await _sheet(request, viewer, resources, done=done)


@router.post(_HERE)
async def add(request: Request, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    named = {name: typed[name] for name in ("number", "label", "spelling") if name in typed}
    try:
        given = TelephoneIn.model_validate(named)
    except ValidationError:
        return await _sheet(request, viewer, resources, fault=FAULTS["invalid"], typed=typed)
    try:
        await keeping.add(resources, viewer, given)
    except _REFUSED as refusal:
        return await _sheet(request, viewer, resources, fault=_words(refusal), typed=typed)
    return _back("added")


@router.post(_HERE + "/{telephone}/verification")
async def verify(
    request: Request, telephone: TelephoneNumber, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    verifying = keeping.verify(resources, viewer, telephone, typed.get("code", "")[:MOST_TYPED])
    return await _after(verifying, "verified", (request, viewer, resources))


@router.post(_HERE + "/{telephone}/code")
async def send_code(
    request: Request, telephone: TelephoneNumber, viewer: Viewer, resources: Given
) -> Response:
    sending = keeping.send_code_again(resources, viewer, telephone)
    return await _after(sending, "added", (request, viewer, resources))


@router.post(_HERE + "/{telephone}/spelling")
async def choose_spelling(
    telephone: TelephoneNumber, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    if typed.get("spelling") in set(Spelling):
        chosen = TelephoneChangeIn(spelling=Spelling(typed["spelling"]))
        changes = chosen.model_dump(exclude_none=True)
        await keeping.change(resources, viewer, telephone, changes)
    return _back("changed")


@router.post(_HERE + "/{telephone}/test")
async def test(
    request: Request, telephone: TelephoneNumber, viewer: Viewer, resources: Given
) -> Response:
    testing = keeping.test(resources, viewer, telephone)
    return await _after(testing, "tested", (request, viewer, resources))


@router.post(_HERE + "/{telephone}/remove")
async def remove(telephone: TelephoneNumber, viewer: Viewer, resources: Given) -> Response:
    await keeping.remove(resources, viewer, telephone)
    return _back("removed")


@router.post("/account/browsers/{browser}/test")
async def test_browser(
    request: Request, browser: BrowserNumber, viewer: Viewer, resources: Given
) -> Response:
    testing = browsers.test(resources, viewer, browser)
    return await _after(testing, "tested", (request, viewer, resources))


@router.post("/account/browsers/{browser}/remove")
async def remove_browser(browser: BrowserNumber, viewer: Viewer, resources: Given) -> Response:
    await browsers.remove(resources, viewer, browser)
    return _back("browser_removed")


async def _sheet(
    request: Request,
    viewer: Caller,
    resources: Resources,
    *,
    done: str = "",
    fault: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    own = frame(request, viewer)
    return page(
        own,
        "account_telephones.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        telephones=await keeping.listed(resources, viewer),
        most=MOST,
        push_key=browsers.key_of(resources),
        browsers=await browsers.listed(resources, viewer),
        typed=typed or {},
        done=own.translator.gettext(DONE[done]) if done in DONE else "",
        fault=own.translator.gettext(fault) if fault else "",
    )


async def _after(
    doing: Awaitable[object], done: str, asked: tuple[Request, Caller, Resources]
) -> Response:
    """The page anew, which says that it is done, or why not."""
    try:
        await doing
    except _REFUSED as refusal:
        return await _sheet(*asked, fault=_words(refusal))
    return _back(done)


def _words(refusal: RequestError) -> str:
    return FAULTS.get(refusal.code, SOMETHING)


def _back(done: str) -> Response:
    return RedirectResponse(f"{_HERE}?done={done}", HTTPStatus.SEE_OTHER)
