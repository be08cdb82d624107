"""`/sessions`: log in, log out."""

from fastapi import APIRouter, Response

from services.api.access.caller import CallerGiven
from services.api.openapi import problems
from services.api.resources import Given
from services.api.sessions import login
from services.api.sessions.schemas import LoginIn, RoleOut, SessionOut, UserOut

router = APIRouter(prefix="/sessions", tags=["sessions"])


@router.post("", status_code=201, operation_id="log_in", responses=problems(401, 422, 429))
async def log_in(given: LoginIn, resources: Given) -> SessionOut:
    """Log in. Five failures within half a minute close the account for five minutes."""
    begun = await login.log_in(resources, given.email, given.password)
    roles = [
        RoleOut(role=held.assignment.role, facility=held.facility, admin_unit=held.admin_unit)
        for held in begun.held
    ]
    who = begun.account
    user = UserOut(email=who.email, name=who.name, language=who.language, roles=roles)
    return SessionOut(token=begun.token, expires_at=begun.expires_at, user=user)


@router.get("/current", operation_id="who_am_i", responses=problems(401))
async def current(caller: CallerGiven) -> UserOut:
    """Who is logged in, in which roles."""
    roles = [
        RoleOut(role=held.assignment.role, facility=held.facility, admin_unit=held.admin_unit)
        for held in caller.held
    ]
    return UserOut(email=caller.email, name=caller.name, language=caller.language, roles=roles)


@router.delete(
    "/current",
    status_code=204,
    operation_id="log_out",
    response_class=Response,
    responses=problems(401),
)
async def log_out(caller: CallerGiven, resources: Given) -> None:
    """End this session."""
    await login.log_out(resources, caller.token)
