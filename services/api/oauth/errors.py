"""What can go wrong at the token endpoint, in the words of RFC 6749 and its relatives."""

from http import HTTPStatus
from typing import Final

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from shared.runtime.errors import GiamsatError

NEVER_KEPT: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthProblem(BaseModel):
    """RFC 6749, section 5.2."""

    error: str = Field(description="`invalid_client`, `invalid_request`, `invalid_scope` …")
    error_description: str


class OAuthError(GiamsatError):
    """A request for a token that is refused. `error` is for programs."""

    def __init__(
        self, error: str, description: str, *, status: HTTPStatus = HTTPStatus.BAD_REQUEST
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


def unknown_client() -> OAuthError:
    """Whoever is not known is told no more than whoever signs wrongly."""
    return OAuthError(
        "invalid_client",
        "The assertion is not by a key of a client on record that is in force.",
        status=HTTPStatus.UNAUTHORIZED,
    )


def response(error: OAuthError) -> JSONResponse:
    body = OAuthProblem(error=error.error, error_description=error.description)
    headers = dict(NEVER_KEPT)
    if error.status is HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = "60"
    return JSONResponse(body.model_dump(), error.status, headers=headers)
