"""`/legal-holds`: list, place, release."""

from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller, CallerGiven
from services.api.access.find import seen_facility
from services.api.access.transactions import changing, disclosing
from services.api.legal_holds import queries
from services.api.legal_holds.schemas import HoldIn, HoldOut, ReleaseIn
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import ConflictError, ForbiddenError, InvalidError, MissingError
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

log = logging.get(__name__)
router = APIRouter(prefix="/legal-holds", tags=["retention"])
HoldId = Annotated[int, Path(alias="hold", ge=1, lt=2**63)]


@router.get("", operation_id="list_legal_holds", responses=problems(401, 403, 422))
async def list_holds(caller: CallerGiven, resources: Given, paging: PagingGiven) -> Page[HoldOut]:
    """Newest first, those released too."""
    scope = caller.must_be_able_to_somewhere(Action.MANAGE_RETENTION)
    deed = Deed(Verb.LIST, Subject.LEGAL_HOLD, "all")
    async with disclosing(resources, caller, deed) as connection:
        rows = await queries.page(
            connection, scope, before=paging.before_moment(), limit=paging.fetch
        )
    return paging.page(rows, lambda row: row, lambda row: (row.placed_at, row.id))


@router.post(
    "",
    status_code=201,
    operation_id="place_legal_hold",
    responses=problems(401, 403, 404, 422),
)
async def place(given: HoldIn, caller: CallerGiven, resources: Given) -> HoldOut:
    """Hold days of a facility, or of all. From the answer on, nothing of them is purged."""
    if given.last_day is not None and given.last_day < given.first_day:
        raise InvalidError(
            "body.last_day", "It lies before the first day.", "Swap the two, or leave it out."
        )
    caller.must_be_able_to_somewhere(Action.MANAGE_RETENTION)
    deed = Deed(Verb.CREATE, Subject.LEGAL_HOLD, str(given.first_day), given.facility)
    async with changing(resources, caller, deed) as connection:
        hold_id = await queries.place(
            connection,
            given,
            facility_id=await _facility_id(connection, given.facility, caller),
            user_id=caller.user_id,
            now=resources.now(),
        )
        placed = await queries.shown(connection, hold_id)
    log.info("legal_hold_placed", hold=hold_id, facility=given.facility)
    return placed


@router.post(
    "/{hold}/release",
    operation_id="release_legal_hold",
    responses=problems(401, 403, 404, 409, 422),
)
async def release(
    hold_id: HoldId, given: ReleaseIn, caller: CallerGiven, resources: Given
) -> HoldOut:
    """End a hold. What it held goes in the next round if it is past its time; no way back."""
    scope = caller.must_be_able_to_somewhere(Action.MANAGE_RETENTION)
    deed = Deed(Verb.REVOKE, Subject.LEGAL_HOLD, str(hold_id))
    async with changing(resources, caller, deed) as connection:
        hold = await queries.one(connection, hold_id, scope)
        if hold is None:
            raise MissingError("legal hold")
        if hold.is_of_everything:
            _must_be_able_to_everywhere(caller)
        if hold.is_released:
            raise ConflictError("This hold was released before.", code="released")
        await queries.release(
            connection, hold_id, reason=given.reason, user_id=caller.user_id, now=resources.now()
        )
        released = await queries.shown(connection, hold_id)
    log.info("legal_hold_released", hold=hold_id)
    return released


async def _facility_id(connection: AsyncConnection, code: str | None, caller: Caller) -> int | None:
    """Also of a retired facility: what it did is what may be asked for."""
    if code is None:
        _must_be_able_to_everywhere(caller)
        return None
    facility = await seen_facility(connection, code, caller)
    caller.must_be_able_to(Action.MANAGE_RETENTION, facility)
    return facility.id


def _must_be_able_to_everywhere(caller: Caller) -> None:
    if not caller.scope(Action.MANAGE_RETENTION).is_everywhere:
        raise ForbiddenError(
            "What concerns every facility needs a role that is held everywhere. "
            "Name a facility of yours."
        )
