"""Who is asking: a bearer token, or in the console a cookie, and the roles behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Final

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.api.access import queries as places
from services.api.access.transactions import changing_as_system, reading_as_system
from services.api.access_log.queries import Trail
from services.api.http.correlation import trace_id_of
from services.api.http.security_headers import is_over_tls
from services.api.problems import ForbiddenError, UnauthenticatedError
from services.api.resources import Given, Resources
from services.api.sessions import cookies, queries, tokens
from services.api.sessions.login import standing_of
from services.api.sessions.queries import Held
from shared.domain.access import Action, Scope, scope_of
from shared.domain.assurance import Assurance, Standing, is_fresh
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day

#: Why a person or an agency asks for what it asks for.
PURPOSE: Final = "X-Purpose"
PURPOSE_LENGTH: Final = 200
#: The codes of problems that a second factor, or a fresh proof, does away with.
FACTOR_DUE: Final = "second_factor_due"
FACTOR_MISSING: Final = "second_factor_missing"
PROOF_OLD: Final = "proof_too_old"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_bearer = HTTPBearer(auto_error=False, description="The token of `POST /api/v1/sessions`")


@dataclass(frozen=True, slots=True)
class Caller:
    """The person logged in, and what is theirs."""

    user_id: int
    email: str
    name: str
    language: str
    held: Sequence[Held]
    children_of: Mapping[int, Sequence[int]]
    token: str = field(repr=False)
    address: str = ""
    purpose: str = ""
    trace_id: str = ""
    session_id: int = 0
    last_seen_at: datetime | None = None
    expires_at: datetime | None = None
    assurance: Assurance = Assurance.PASSPHRASE
    standing: Standing = Standing.MUST_PROVE
    proven_at: datetime | None = None

    @property
    def trail(self) -> Trail:
        roles = ",".join(sorted({held.assignment.role for held in self.held}))
        return Trail(f"user:{self.user_id}", self.address, self.purpose, self.trace_id, roles)

    def scope(self, action: Action) -> Scope:
        assignments = [held.assignment for held in self.held]
        return scope_of(assignments, action, children_of=dict(self.children_of))

    def may(self, action: Action, facility: places.Facility) -> bool:
        return self.scope(action).covers(
            facility_id=facility.id, admin_unit_id=facility.admin_unit_id
        )

    def must_be_able_to(self, action: Action, facility: places.Facility) -> None:
        """For a facility that the caller is known to see."""
        if not self.may(action, facility):
            raise ForbiddenError("Your role here does not allow this.")

    def must_be_able_to_somewhere(self, action: Action) -> Scope:
        scope = self.scope(action)
        if scope.is_nowhere:
            raise ForbiddenError("None of your roles allows this.")
        return scope


async def anybody(
    request: Request,
    resources: Given,
    _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """Raises `UnauthenticatedError` for nobody, `ForbiddenError` for a forged console request."""
    token = _bearer_token(request)
    if token is None:
        token = cookies.read(request)
        if token is not None and request.method not in _SAFE:
            must_come_from_our_pages(request)
    if not token:
        raise UnauthenticatedError("Log in first, and send the token as a bearer token.")
    found = await caller_of(resources, token)
    if found is None:
        raise UnauthenticatedError("This session has ended. Log in again.", code="session_ended")
    structlog.contextvars.bind_contextvars(user_id=found.user_id)
    return replace(
        found,
        address=request.client.host if request.client else "",
        purpose=purpose_of(request),
        trace_id=trace_id_of(request.scope),
    )


async def caller(found: Annotated[Caller, Depends(anybody)]) -> Caller:
    """Raises `ForbiddenError` for whoever has shown only half of who they are."""
    match found.standing:
        case Standing.MUST_PROVE:
            raise ForbiddenError("Show your second factor first.", code=FACTOR_DUE)
        case Standing.MUST_ENROL:
            raise ForbiddenError("Your roles need a second factor.", code=FACTOR_MISSING)
        case Standing.FULL:
            return found


async def enrolling(found: Annotated[Caller, Depends(anybody)]) -> Caller:
    """The same, but whoever has no second factor yet may set one up."""
    if found.standing is Standing.MUST_PROVE:
        raise ForbiddenError("Show your second factor first.", code=FACTOR_DUE)
    return found


def must_be_fresh(caller: Caller, *, now: datetime) -> None:
    """Before anybody changes with what they prove who they are."""
    if not is_fresh(caller.proven_at, now=now):
        raise ForbiddenError("Prove first that it is you.", code=PROOF_OLD)


def purpose_of(request: Request) -> str:
    """Why somebody asks, as they say it; it stands in the access log beside what they saw."""
    return request.headers.get(PURPOSE, "").strip()[:PURPOSE_LENGTH]


async def caller_of(resources: Resources, token: str) -> Caller | None:
    """Whose live session this is the token of; they were seen now."""
    found, now = await looked_up(resources, token), resources.now()
    if found and found.last_seen_at and now - found.last_seen_at >= tokens.SEEN_EVERY:
        async with changing_as_system(resources) as connection:
            await queries.seen(connection, tokens.hash_of(token), now=now)
    return found


async def looked_up(resources: Resources, token: str) -> Caller | None:
    """The same, though nobody did anything: an open page keeps no session alive."""
    now = resources.now()
    token_hash = tokens.hash_of(token)
    async with reading_as_system(resources) as connection:
        session = await queries.found(connection, token_hash)
        if session is None or not tokens.is_alive(
            last_seen_at=session.last_seen_at, expires_at=session.expires_at, now=now
        ):
            return None
        held = await queries.held(connection, session.user_id, now=now)
        has_units = any(one.assignment.admin_unit_id is not None for one in held)
        today = local_day(now, COUNTRY_TIME_ZONE)
        children_of = await places.children_of(connection, today=today) if has_units else {}
    return Caller(
        user_id=session.user_id,
        email=session.email,
        name=session.name,
        language=session.language,
        held=held,
        children_of=children_of,
        token=token,
        session_id=session.id,
        last_seen_at=session.last_seen_at,
        expires_at=session.expires_at,
        assurance=session.assurance,
        standing=standing_of(resources, held, session.assurance, has_factor=session.has_factor),
        proven_at=session.proven_at,
    )


def must_come_from_our_pages(request: Request) -> None:
    """A browser says where a request comes from; cookies alone prove nothing."""
    site = request.headers.get("sec-fetch-site")
    if site == "same-origin":
        return
    if site is None and _is_our_own(request, request.headers.get("origin", "")):
        return
    raise ForbiddenError("This request did not come from our own pages.", code="foreign_origin")


def _is_our_own(request: Request, origin: str) -> bool:
    """A page that came in the open may have been put there by anybody on the way."""
    schemes = ("https",) if is_over_tls(request.scope) else ("https", "http")
    host = request.headers.get("host")
    return bool(host) and origin in {f"{scheme}://{host}" for scheme in schemes}


def _bearer_token(request: Request) -> str | None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


#: A route's parameter of this type demands that somebody is logged in.
CallerGiven = Annotated[Caller, Depends(caller)]
#: The same, also for those who have yet to set up a second factor.
EnrollingGiven = Annotated[Caller, Depends(enrolling)]
#: The same, also for those who have yet to show it.
AnybodyGiven = Annotated[Caller, Depends(anybody)]
