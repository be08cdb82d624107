"""Everything that can go wrong with a request, told as RFC 9457 problem details."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field

from shared.runtime.errors import GiamsatError

MEDIA_TYPE = "application/problem+json"


class Fault(BaseModel):
    """One thing wrong with what was sent."""

    field: str = Field(description="Where: `body.requirement.min_devices`, `query.from` …")
    wrong: str = Field(description="What is wrong with it")
    advice: str = Field(description="What to do about it")


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is for programs, `detail` for people."""

    type: str = Field(description="`urn:giamsat:problem:` and the code")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for")
    code: str
    trace_id: str = Field(description="Also in the header X-Request-Id and in our logs")
    errors: list[Fault] | None = Field(default=None, description="Only where input was wrong")


class RequestError(GiamsatError):
    """A request that cannot be answered; says why and what to do."""

    status = HTTPStatus.BAD_REQUEST
    code = "bad_request"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        faults: Sequence[Fault] = (),
    ) -> None:
        super().__init__(detail, retryable=self.status is HTTPStatus.SERVICE_UNAVAILABLE)
        self.detail = detail
        self.code = code or self.code
        self.headers = dict(headers or {})
        self.faults = tuple(faults)


class UnauthenticatedError(RequestError):
    """Nobody is logged in."""

    status = HTTPStatus.UNAUTHORIZED
    code = "not_logged_in"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail, code=code, headers={"WWW-Authenticate": 'Bearer realm="giamsat"'})


class ForbiddenError(RequestError):
    """What is asked is visible to the caller, but not theirs to do."""

    status = HTTPStatus.FORBIDDEN
    code = "not_allowed"


class MissingError(RequestError):
    """There is no such thing, or it is not the caller's to see: both look the same."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}, or it is not yours to see.")


class ConflictError(RequestError):
    """The state of things stands against it."""

    status = HTTPStatus.CONFLICT
    code = "conflict"


class TooLargeError(RequestError):
    """More bytes than any request needs."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too_large"


class InvalidError(RequestError):
    """What was sent breaks a rule that its schema cannot say."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid"

    def __init__(self, field: str, wrong: str, advice: str) -> None:
        fault = Fault(field=field, wrong=wrong, advice=advice)
        super().__init__(f"{field}: {wrong} {advice}", faults=(fault,))


class TooManyError(RequestError):
    """Too many attempts; `Retry-After` says when the next may be made."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_attempts"

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_s)})


class UnavailableError(RequestError):
    """A part of ours is away; nothing was changed, and trying again may help."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"

    def __init__(self, detail: str, *, code: str | None = None, retry_after_s: int = 5) -> None:
        super().__init__(detail, code=code, headers={"Retry-After": str(retry_after_s)})


def body_of(error: RequestError, *, instance: str, trace_id: str) -> dict[str, Any]:
    problem = Problem(
        type=f"urn:giamsat:problem:{error.code}",
        title=error.status.phrase,
        status=error.status,
        detail=error.detail,
        instance=instance,
        code=error.code,
        trace_id=trace_id,
        errors=list(error.faults) or None,
    )
    return problem.model_dump(exclude_none=True)
