"""`/sessions`: log in, log out, and which sessions of one's own are open."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.api.access.caller import AnybodyGiven, Caller, CallerGiven
from services.api.access.transactions import changing, reading
from services.api.openapi import problems
from services.api.problems import MissingError
from services.api.resources import Given
from services.api.sessions import login, queries, tokens
from services.api.sessions.login import Begun
from services.api.sessions.queries import Held
from services.api.sessions.schemas import LoginIn, OwnSessionOut, RoleOut, SessionOut, UserOut
from services.api.sessions.visitor import VisitorGiven
from shared.domain.deeds import Deed, Subject, Verb

router = APIRouter(prefix="/sessions", tags=["sessions"])
SessionNumber = Annotated[int, Path(ge=1, lt=2**63)]


@router.post("", status_code=201, operation_id="log_in", responses=problems(401, 422, 429))
async def log_in(given: LoginIn, resources: Given, visitor: VisitorGiven) -> SessionOut:
    """Log in. Five failures within half a minute close the account for five minutes. `standing`
    says whether a second factor is to be shown (`show_second_factor`) or set up before the token
    opens anything else.
    """
    return shown(await login.log_in(resources, given.email, given.password, visitor))


@router.get("", operation_id="list_own_sessions", responses=problems(401, 403))
async def own(caller: CallerGiven, resources: Given) -> list[OwnSessionOut]:
    """One's own sessions that are open, the latest used first."""
    now = resources.now()
    async with reading(resources, caller) as connection:
        found = await queries.of_user(
            connection, caller.user_id, idle_since=now - tokens.IDLE, now=now
        )
    return [
        OwnSessionOut(
            id=one.id,
            began_at=one.created_at,
            last_seen_at=one.last_seen_at,
            assurance=one.assurance,
            address=one.address,
            device=one.device,
            is_current=one.id == caller.session_id,
        )
        for one in found
    ]


@router.get("/current", operation_id="who_am_i", responses=problems(401, 403))
async def current(caller: CallerGiven) -> UserOut:
    """Who is logged in, in which roles."""
    return _user(caller)


@router.delete(
    "/current",
    status_code=204,
    operation_id="log_out",
    response_class=Response,
    responses=problems(401),
)
async def log_out(caller: AnybodyGiven, resources: Given, visitor: VisitorGiven) -> None:
    """End this session."""
    await login.log_out(resources, caller.token, visitor)


@router.delete(
    "/{number}",
    status_code=204,
    operation_id="end_own_session",
    response_class=Response,
    responses=problems(401, 403, 404, 422),
)
async def end(number: SessionNumber, caller: CallerGiven, resources: Given) -> None:
    """End one of one's own sessions, wherever it is open."""
    deed = Deed(Verb.LOG_OUT, Subject.SESSION, f"user:{caller.user_id}")
    async with changing(resources, caller, deed) as connection:
        if not await queries.end_one(connection, caller.user_id, number):
            raise MissingError("session")


def shown(begun: Begun) -> SessionOut:
    who = begun.account
    user = UserOut(email=who.email, name=who.name, language=who.language, roles=_roles(begun.held))
    return SessionOut(
        token=begun.token, expires_at=begun.expires_at, standing=begun.standing, user=user
    )


def _user(caller: Caller) -> UserOut:
    return UserOut(
        email=caller.email, name=caller.name, language=caller.language, roles=_roles(caller.held)
    )


def _roles(held: Sequence[Held]) -> list[RoleOut]:
    return [
        RoleOut(role=one.assignment.role, facility=one.facility, admin_unit=one.admin_unit)
        for one in held
    ]
