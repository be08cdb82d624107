"""`/a/{token}`: where the link in a message leads; a phone shows it, and nobody has to log in."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import must_come_from_our_pages
from services.api.ack_links import opening
from services.api.ack_links.opening import Opened, Outcome
from services.api.console import words
from services.api.console.frames import HOME_ZONE, LANGUAGE_COOKIE, frame
from services.api.console.render import page
from services.api.resources import Given
from services.api.sessions import cookies
from services.api.sessions.visitor import VisitorGiven
from shared.i18n import LANGUAGES

router = APIRouter()
Token = Annotated[str, Path(max_length=100)]

_STATUS: Final[Mapping[Outcome, HTTPStatus]] = {
    Outcome.READY: HTTPStatus.OK,
    Outcome.USED: HTTPStatus.OK,
    Outcome.OVER: HTTPStatus.GONE,
    Outcome.EXPIRED: HTTPStatus.GONE,
    Outcome.FORGED: HTTPStatus.NOT_FOUND,
    Outcome.NO_LONGER_YOURS: HTTPStatus.FORBIDDEN,
}
#: The address of the page is the proof: it goes to nobody else.
_PRIVATE: Final = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


@router.get("/a/{token}")
async def look(request: Request, resources: Given, visitor: VisitorGiven, token: Token) -> Response:
    """Looking changes nothing: mail programs look, too."""
    return _shown(request, token, await opening.look(resources, token, visitor))


@router.post("/a/{token}")
async def take_up(
    request: Request, resources: Given, visitor: VisitorGiven, token: Token
) -> Response:
    _must_not_be_foreign(request)
    opened = await opening.take_up(resources, token, visitor)
    if opened.outcome is Outcome.USED:
        return RedirectResponse(f"/a/{token}", HTTPStatus.SEE_OTHER, headers=_PRIVATE)
    return _shown(request, token, opened)


def _must_not_be_foreign(request: Request) -> None:
    """A page that lets nobody know its address says no origin either, where TLS is missing."""
    is_silent = request.headers.get("origin") in {None, "null"}
    if not (is_silent and request.headers.get("sec-fetch-site") is None):
        must_come_from_our_pages(request)


def _shown(request: Request, token: str, opened: Opened) -> Response:
    told = opened.told
    zone = told.time_zone if told and told.time_zone else HOME_ZONE
    own = frame(request, None, time_zone=zone)
    if told and cookies.read(request, LANGUAGE_COOKIE) not in LANGUAGES:
        own = replace(own, language=told.language)
    t = own.translator
    shown = page(
        own,
        "ack_link.html",
        status=_STATUS[opened.outcome],
        outcome=opened.outcome,
        told=told,
        token=token,
        cause=t.gettext(words.CAUSES[told.cause]) if told else "",
        place=(told.place if told else None) or t.gettext("The system itself"),
    )
    shown.headers.update(_PRIVATE)
    return shown
