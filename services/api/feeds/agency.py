"""Which agency asks: a token, and if the token is bound, proof of the key it is bound to."""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from services.api.access.caller import purpose_of
from services.api.access.transactions import changing_as_system, reading_as_system
from services.api.access_log.queries import Trail
from services.api.http.correlation import trace_id_of
from services.api.oauth import assertion, places, queries
from services.api.oauth.assertion import Possession, ProofError
from services.api.oauth.granting import hash_of
from services.api.oauth.queries import Token
from services.api.problems import RequestError, TooManyError
from services.api.resources import Given, Resources
from shared.domain.disclosure import Dataset
from shared.runtime import jose

PER_MINUTE: Final = 120
_ALGORITHMS: Final = " ".join(sorted(jose.STRONG))
_scheme = HTTPBearer(
    auto_error=False,
    scheme_name="agency",
    description="A token of `POST /api/v1/oauth/token`; scheme DPoP if it is bound to a key",
)


class TokenRefusedError(RequestError):
    """No token, or not one that is taken; RFC 6750 and 9449 say how it is told."""

    status = HTTPStatus.UNAUTHORIZED
    code = "invalid_token"

    def __init__(self, detail: str, *, error: str | None = "invalid_token") -> None:
        told = f', error="{error}"' if error else ""
        headers = {"WWW-Authenticate": f'DPoP realm="giamsat", algs="{_ALGORITHMS}"{told}'}
        super().__init__(detail, code=error or "not_logged_in", headers=headers)


@dataclass(frozen=True, slots=True)
class Agency:
    """A client with a token, and what the token is good for."""

    client_id: int
    code: str
    scopes: frozenset[Dataset]
    is_bound: bool
    daily_records: int
    token_hash: bytes = field(default=b"", repr=False)
    address: str = ""
    purpose: str = ""
    trace_id: str = ""

    @property
    def trail(self) -> Trail:
        return Trail(f"client:{self.client_id}", self.address, self.purpose, self.trace_id)


async def agency(
    request: Request,
    resources: Given,
    _: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)],
) -> Agency:
    """Raises `TokenRefusedError` or `TooManyError`."""
    scheme, text = _credentials(request)
    async with reading_as_system(resources) as connection:
        token = await queries.token(connection, hash_of(text), now=resources.now())
    if token is None:
        raise TokenRefusedError("This token has ended, or never was one. Ask for another.")
    if (token.bound_to is not None) != (scheme == "dpop"):
        raise TokenRefusedError("Send the token by the scheme that it was given as.")
    if token.bound_to is not None:
        await _must_hold_its_key(request, resources, token.bound_to, text)
    wait = resources.rates.must_wait(
        f"agency/{token.client_id}", most=PER_MINUTE, now=resources.now()
    )
    if wait is not None:
        raise TooManyError(
            f"At most {PER_MINUTE} requests a minute.",
            retry_after_s=1 + wait // timedelta(seconds=1),
        )
    structlog.contextvars.bind_contextvars(client_id=token.client_id)
    return _agency(request, token, hash_of(text))


def _agency(request: Request, token: Token, token_hash: bytes) -> Agency:
    return Agency(
        client_id=token.client_id,
        code=token.client_code,
        scopes=frozenset(Dataset(scope.removeprefix("dataset:")) for scope in token.scopes),
        is_bound=token.bound_to is not None,
        daily_records=token.daily_records,
        token_hash=token_hash,
        address=request.client.host if request.client else "",
        purpose=_as_written(purpose_of(request)),
        trace_id=trace_id_of(request.scope),
    )


def _as_written(text: str) -> str:
    """Headers are bytes; whoever writes Vietnamese into one writes UTF-8."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


async def still_taken(resources: Resources, agency: Agency) -> None:
    """In a long answer: whoever is revoked meanwhile gets no more of it."""
    async with reading_as_system(resources) as connection:
        if await queries.token(connection, agency.token_hash, now=resources.now()) is None:
            raise TokenRefusedError("This token has ended.")


def _credentials(request: Request) -> tuple[str, str]:
    given = request.headers.getlist("authorization")
    if len(given) != 1:
        raise TokenRefusedError("Send one token, in the header Authorization.", error=None)
    scheme, _, text = given[0].partition(" ")
    if scheme.lower() not in {"dpop", "bearer"} or not text.strip():
        raise TokenRefusedError("Send the token as DPoP, or Bearer if it is not bound.", error=None)
    return scheme.lower(), text.strip()


async def _must_hold_its_key(
    request: Request, resources: Resources, thumbprint: str, token: str
) -> None:
    """A proof is for one request: this method, this address, this token, now, and once."""
    given = request.headers.getlist("dpop")
    if len(given) != 1:
        raise TokenRefusedError("Send one DPoP proof.", error="invalid_dpop_proof")
    url = places.address(resources.settings, request.url.path)
    try:
        proved: Possession = assertion.possession(
            given[0], method=request.method, url=url, token=token, now=resources.now()
        )
    except ProofError as exc:
        raise TokenRefusedError(f"DPoP: {exc}.", error="invalid_dpop_proof") from exc
    if proved.thumbprint != thumbprint:
        raise TokenRefusedError("This proof is by another key than the token's.")
    digest = hashlib.sha256(f"dpop/{thumbprint}/{proved.once.jti}".encode()).digest()
    async with changing_as_system(resources) as connection:
        fresh = await queries.spend(
            connection, digest, expires_at=proved.once.expires_at, now=resources.now()
        )
    if not fresh:
        raise TokenRefusedError("This proof was used before.", error="invalid_dpop_proof")


#: A route's parameter of this type demands an agency's token.
AgencyGiven = Annotated[Agency, Depends(agency)]
