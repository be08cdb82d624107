"""Turns whatever ends a request early into problem details."""

from http import HTTPStatus
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from services.api.broker_access import BrokerUnavailableError
from services.api.http import correlation, validation
from services.api.http.methods import allowed
from services.api.http.security_headers import secure
from services.api.problems import (
    MEDIA_TYPE,
    RequestError,
    TooLargeError,
    UnavailableError,
    body_of,
)
from shared.runtime import logging, loops
from shared.runtime.database_faults import is_unstorable
from shared.runtime.errors import GiamsatError

log = logging.get(__name__)

_ROUTING: Final = {
    404: ("no_such_address", "Nothing answers at this address. See /api/v1/openapi.json."),
    405: ("method_not_allowed", "This address does not answer to that method; see `Allow`."),
    413: (TooLargeError.code, ""),
}


class _RoutingError(RequestError):
    """The framework refused before a route was reached."""

    def __init__(self, error: HTTPException) -> None:
        code, detail = _ROUTING.get(error.status_code, ("refused", ""))
        super().__init__(detail or error.detail, code=code, headers=error.headers)
        self.status = HTTPStatus(error.status_code)


class _UnstorableError(RequestError):
    """Texts with a NUL get through every schema, and stop at the database."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid"


class _CrashedError(RequestError):
    """A bug of ours."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "internal"


def install(app: FastAPI) -> None:
    app.add_exception_handler(RequestError, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(BrokerUnavailableError, _unheard)
    app.add_exception_handler(GiamsatError, _failed)
    for kind in loops.TRANSIENT:
        app.add_exception_handler(kind, _failed)
    app.add_exception_handler(Exception, _crashed)


def response(scope: Scope, error: RequestError) -> Response:
    """The answer to a request that failed so."""
    trace_id = correlation.trace_id_of(scope)
    body = body_of(error, instance=scope["path"], trace_id=trace_id)
    return JSONResponse(body, error.status, headers=error.headers, media_type=MEDIA_TYPE)


async def _told(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestError)  # noqa: S101 - the type is what it is registered for
    if exc.status == HTTPStatus.SERVICE_UNAVAILABLE:
        log.warning("request_found_us_unavailable", reason=exc.detail)
    return response(request.scope, exc)


async def _invalid(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)  # noqa: S101 - as above
    return response(request.scope, validation.error_of(exc.errors(), request.headers))


async def _refused(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)  # noqa: S101 - as above
    answer = response(request.scope, _RoutingError(exc))
    if exc.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = allowed(request.app.routes, request.url.path)
    return answer


async def _failed(request: Request, exc: Exception) -> Response:
    """The outside world went away; or a bug that looks so, which is not hidden."""
    if is_unstorable(exc):
        detail = "A value cannot be stored, such as a text with a NUL. Leave it out."
        return response(request.scope, _UnstorableError(detail))
    if not loops.is_transient(exc):
        raise exc
    log.warning("request_met_an_outage", error=type(exc).__name__, reason=str(exc))
    return response(request.scope, UnavailableError("The database does not answer. Try again."))


async def _unheard(request: Request, _: Exception) -> Response:
    log.warning("request_found_the_broker_away")
    detail = "The broker does not answer. Nothing was changed; try again."
    return response(request.scope, UnavailableError(detail, code="broker_unavailable"))


async def _crashed(request: Request, _: Exception) -> Response:
    """The server logs the trace; the caller is told only which one it is."""
    error = _CrashedError("Something of ours failed. Tell us the trace_id, so that we find it.")
    answer = response(request.scope, error)
    # This answer passes no middleware on its way out.
    headers = MutableHeaders(raw=answer.raw_headers)
    headers[correlation.HEADER] = correlation.trace_id_of(request.scope)
    secure(headers, request.scope)
    return answer
