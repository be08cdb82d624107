"""Logging in and out in the console: plain forms, a cookie that scripts cannot read."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import must_come_from_our_pages
from services.api.console.frames import LANGUAGE_COOKIE, feed_of, frame
from services.api.console.paths import own_path
from services.api.console.render import page
from services.api.console.viewer import still_logged_in
from services.api.problems import RequestError, TooManyError, UnauthenticatedError
from services.api.resources import Given
from services.api.sessions import login, tokens
from services.api.sessions.login import Begun

router = APIRouter()


@router.get("/login")
async def ask(request: Request, next: Annotated[str, Query()] = "/") -> Response:  # noqa: A002
    if await still_logged_in(request):
        return RedirectResponse(own_path(next), HTTPStatus.SEE_OTHER)
    return _form(request, email="", wanted=own_path(next), error=None)


@router.post("/login")
async def log_in(
    request: Request,
    resources: Given,
    email: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=256)] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    must_come_from_our_pages(request)
    wanted = own_path(next)
    try:
        begun = await login.log_in(resources, email, password)
    except (UnauthenticatedError, TooManyError) as refusal:
        return _form(request, email=email, wanted=wanted, error=refusal)
    return _welcome(request, begun, wanted)


def _welcome(request: Request, begun: Begun, wanted: str) -> Response:
    answer = RedirectResponse(wanted, HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        tokens.COOKIE,
        begun.token,
        max_age=int(tokens.ABSOLUTE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    # From here on it is the reader's own language, until they choose again.
    answer.delete_cookie(LANGUAGE_COOKIE)
    return answer


def _form(request: Request, *, email: str, wanted: str, error: RequestError | None) -> Response:
    own = frame(request, None)
    t = own.translator
    match error:
        case None:
            fault, status = "", HTTPStatus.OK
        case TooManyError():
            fault = t.gettext("Too many attempts. Wait a few minutes, then try again.")
            status = error.status
        case _:
            fault = t.gettext("The e-mail or the password is wrong.")
            status = error.status
    return page(own, "login.html", status=status, email=email, next=wanted, fault=fault)


@router.post("/logout")
async def log_out(request: Request, resources: Given) -> Response:
    """Also ends this reader's open pages. Nobody logged in is logged out as well."""
    must_come_from_our_pages(request)
    token = request.cookies.get(tokens.COOKIE)
    if token:
        await login.log_out(resources, token)
        feed_of(request).nudge()
    answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    answer.delete_cookie(tokens.COOKIE)
    return answer
