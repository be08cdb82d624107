"""`/calendars`: the hours of a week that requirements name. Added and retired, never changed."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller, CallerGiven
from services.api.access.find import facility_to_change, locked_facility
from services.api.access.transactions import changing, reading
from services.api.calendars import queries
from services.api.calendars.schemas import CalendarIn, CalendarOut
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import MissingError
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

log = logging.get(__name__)
router = APIRouter(prefix="/calendars", tags=["calendars"])
CalendarId = Annotated[int, Path(alias="calendar", ge=1, le=2**62)]


@router.get("", operation_id="list_calendars", responses=problems(401, 403, 422))
async def list_calendars(
    caller: CallerGiven, resources: Given, paging: PagingGiven
) -> Page[CalendarOut]:
    """Those for everybody and those of one's own facilities, newest first, retired ones too."""
    scope = caller.must_be_able_to_somewhere(Action.WATCH)
    before, now = paging.before_moment(), resources.now()
    async with reading(resources, caller) as connection:
        rows = await queries.listed(connection, scope, before=before, limit=paging.fetch, now=now)
    return paging.page(rows, lambda row: row, lambda row: (row.created_at, row.id))


@router.get("/{calendar}", operation_id="read_calendar", responses=problems(401, 403, 404))
async def read(calendar: CalendarId, caller: CallerGiven, resources: Given) -> CalendarOut:
    """One calendar, also if retired."""
    async with reading(resources, caller) as connection:
        return await _one(connection, calendar, caller, resources)


@router.post(
    "", status_code=201, operation_id="add_calendar", responses=problems(401, 403, 404, 409, 422)
)
async def add(
    given: CalendarIn, caller: CallerGiven, resources: Given, response: Response
) -> CalendarOut:
    """Add a calendar, for everybody or for one facility."""
    deed = Deed(Verb.CREATE, Subject.CALENDAR, given.facility or "all", given.facility)
    async with changing(resources, caller, deed) as connection:
        facility_id = await _place(connection, given.facility, caller)
        added = await queries.add(
            connection, given, facility_id=facility_id, by=caller.user_id, now=resources.now()
        )
        calendar = await _one(connection, added, caller, resources)
    log.info("calendar_added", calendar=added, facility=given.facility)
    response.headers["Location"] = f"/api/v1/calendars/{added}"
    return calendar


@router.delete(
    "/{calendar}",
    status_code=204,
    operation_id="retire_calendar",
    response_class=Response,
    responses=problems(401, 403, 404),
)
async def retire(calendar: CalendarId, caller: CallerGiven, resources: Given) -> None:
    """No zone takes it from now on; those that go by it do so until they are changed."""
    deed = Deed(Verb.REMOVE, Subject.CALENDAR, str(calendar))
    async with changing(resources, caller, deed) as connection:
        there = await _one(connection, calendar, caller, resources)
        if there.facility is None:
            caller.must_be_able_to_somewhere(Action.MANAGE_LADDERS)
        else:
            await locked_facility(connection, there.facility, caller, Action.MANAGE_DEVICES)
        await queries.retire(connection, calendar, now=resources.now())
    log.info("calendar_retired", calendar=calendar)


async def _place(connection: AsyncConnection, code: str | None, caller: Caller) -> int | None:
    """What is for everybody is for whoever says who is told; of one facility, for its own."""
    if code is None:
        caller.must_be_able_to_somewhere(Action.MANAGE_LADDERS)
        return None
    return (await facility_to_change(connection, code, caller, Action.MANAGE_DEVICES)).id


async def _one(
    connection: AsyncConnection, calendar: int, caller: Caller, resources: Given
) -> CalendarOut:
    scope = caller.must_be_able_to_somewhere(Action.WATCH)
    found = await queries.one(connection, scope, calendar, now=resources.now())
    if found is None:
        raise MissingError("calendar")
    return found
