"""Pages for what goes wrong: what happened, and where to go from here."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import FACTOR_DUE, FACTOR_MISSING, PROOF_OLD
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.http.methods import allowed
from services.api.problems import ForbiddenError, RequestError, UnauthenticatedError
from shared.i18n import marked
from shared.runtime import logging
from shared.runtime.database_faults import is_unstorable
from shared.runtime.loops import TRANSIENT, is_transient

log = logging.get(__name__)

#: What happened, and what to do.
WORDS: Final[Mapping[int, tuple[str, str]]] = {
    400: (
        marked("This cannot be read"),
        marked("The address or the form holds something unexpected. Go back and try again."),
    ),
    403: (
        marked("This is not yours to do"),
        marked("Your role does not allow it. Ask the system administrator if it should."),
    ),
    404: (
        marked("There is no such page"),
        marked("The address may be mistyped, or what it named is not in your area."),
    ),
    409: (
        marked("This was changed in the meantime"),
        marked("Go back, load the page anew, and try again."),
    ),
    429: (
        marked("Too many attempts"),
        marked("Wait a minute, then try again."),
    ),
    500: (
        marked("Something went wrong on our side"),
        marked("Nothing was lost. Try again; if it happens again, tell the system administrator."),
    ),
    503: (
        marked("The system is busy or restarting"),
        marked("The watch goes on. Try again in a few seconds."),
    ),
}

#: Where to show what is missing before one may go on.
PROOFS: Final[Mapping[str, str]] = {
    FACTOR_DUE: "/login/second-factor",
    FACTOR_MISSING: "/account/factors",
    PROOF_OLD: "/account/proof",
}


def install(app: FastAPI) -> None:
    app.add_exception_handler(RequestError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(ClientDisconnect, _gone)
    for kind in TRANSIENT:
        app.add_exception_handler(kind, _away)
    app.add_exception_handler(Exception, _broken)


async def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, UnauthenticatedError):
        return login_first(request)
    if isinstance(error, ForbiddenError) and error.code in PROOFS:
        return _first(request, PROOFS[error.code])
    status = error.status if isinstance(error, RequestError) else HTTPStatus.BAD_REQUEST
    return error_page(request, status)


def login_first(request: Request) -> Response:
    """Log in, and come back to what was asked for."""
    return _first(request, "/login")


def _first(request: Request, page: str) -> Response:
    asked = request.url.path if request.method == "GET" else "/"
    query = "" if asked == "/" else "?" + urlencode({"next": asked})
    return RedirectResponse(f"{page}{query}", HTTPStatus.SEE_OTHER)


async def _http(request: Request, error: Exception) -> Response:
    answer = error_page(request, error.status_code if isinstance(error, HTTPException) else 400)
    if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = allowed(request.app.routes, request.url.path)
    return answer


async def _unreadable(request: Request, _: Exception) -> Response:
    return error_page(request, HTTPStatus.BAD_REQUEST)


async def _gone(_: Request, __: Exception) -> Response:
    """Whoever asked hung up in the middle of a form: nobody reads the answer."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def _away(request: Request, error: Exception) -> Response:
    """The outside world went away; or a bug that looks so, which is not hidden."""
    if is_unstorable(error):
        return error_page(request, HTTPStatus.BAD_REQUEST)
    if not is_transient(error):
        raise error
    log.warning("page_met_an_outage", error=type(error).__name__, reason=str(error))
    return error_page(request, HTTPStatus.SERVICE_UNAVAILABLE)


async def _broken(request: Request, _: Exception) -> Response:
    return error_page(request, HTTPStatus.INTERNAL_SERVER_ERROR)


def error_page(request: Request, status: int) -> Response:
    own = frame(request, getattr(request.state, "viewer", None))
    t = own.translator
    heading, advice = WORDS.get(status) or WORDS[500 if status >= 500 else 400]
    is_ours = status >= 500
    return page(
        own,
        "error.html",
        status=int(status),
        heading=t.gettext(heading),
        advice=t.gettext(advice),
        way=request.url.path if is_ours and request.method == "GET" else "/",
        way_words=t.gettext("Try again") if is_ours else t.gettext("To the overview"),
    )
