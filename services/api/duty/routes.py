"""`/duty`: the rota of a place, one shift or a series more, who can be on duty, one less."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime

from services.api.access.caller import Caller, CallerGiven
from services.api.access.find import watched_facility
from services.api.access.transactions import reading
from services.api.duty import arranging
from services.api.duty.queries import Which
from services.api.duty.schemas import AssigneeOut, SeriesIn, SeriesOut, ShiftIn, ShiftOut
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.people import queries as places
from services.api.problems import InvalidError, MissingError
from services.api.resources import Given, Resources
from shared.domain.access import Action
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day

router = APIRouter(prefix="/duty", tags=["duty"])
ShiftId = Annotated[int, Path(alias="shift", ge=1, lt=2**63)]
FacilityAsked = Annotated[str | None, Query(min_length=1, max_length=200, description="Its code")]
UnitAsked = Annotated[str | None, Query(min_length=1, max_length=200, description="Its code")]
A_WEEK: Final = timedelta(days=7)
_LONGEST: Final = timedelta(days=100)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the rota somebody wants to see."""

    facility: str | None
    unit: str | None
    begin: datetime
    end: datetime


def _asked(
    resources: Given,
    facility: FacilityAsked = None,
    unit: UnitAsked = None,
    since: Annotated[AwareDatetime | None, Query(description="Now, if absent")] = None,
    until: Annotated[AwareDatetime | None, Query(description="A week later, if absent")] = None,
) -> Asked:
    begin = since or resources.now()
    try:
        end = until or begin + A_WEEK
        is_short = begin < end <= begin + _LONGEST
    except OverflowError:
        is_short = False
    if not is_short:
        raise InvalidError("query.until", "It is no stretch of time.", "100 days at most.")
    return Asked(facility, unit, begin, end)


@router.get("", operation_id="list_duty", responses=problems(401, 403, 404, 422))
async def list_duty(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    asked: Annotated[Asked, Depends(_asked)],
) -> Page[ShiftOut]:
    """Who is on duty in your place, and when you are: the latest shift first."""
    facility_id, unit_id = await numbers(resources, caller, asked.facility, asked.unit)
    rows = await arranging.page(
        resources,
        caller,
        Which(asked.begin, asked.end, facility_id, unit_id),
        before=paging.before_moment(),
        limit=paging.fetch,
    )
    return paging.page(rows, lambda row: row, lambda row: (row.starts_at, row.id))


async def numbers(
    resources: Resources, caller: Caller, facility: str | None, unit: str | None
) -> tuple[int | None, int | None]:
    """What is not there for the caller is not there."""
    if facility is None and unit is None:
        return None, None
    async with reading(resources, caller) as connection:
        if facility is not None:
            return (await watched_facility(connection, facility, caller)).id, None
        today = local_day(resources.now(), COUNTRY_TIME_ZONE)
        found = await places.unit(connection, unit or "", on=today)
    if found is None or not caller.scope(Action.WATCH).covers_unit(found.id):
        raise MissingError("unit")
    return None, found.id


@router.get(
    "/assignees", operation_id="list_duty_assignees", responses=problems(401, 403, 404, 422)
)
async def assignees(
    caller: CallerGiven,
    resources: Given,
    facility: FacilityAsked = None,
    unit: UnitAsked = None,
) -> list[AssigneeOut]:
    """Who can be put on duty at a place, and in which role."""
    if (facility is None) == (unit is None):
        raise InvalidError("query.facility", "No place is named, or two.", "Name one.")
    return await arranging.assignees(resources, caller, facility, unit)


@router.post(
    "/shifts",
    status_code=201,
    operation_id="add_shift",
    responses=problems(401, 403, 404, 409, 422),
)
async def add_shift(given: ShiftIn, caller: CallerGiven, resources: Given) -> ShiftOut:
    """Put somebody on duty once. They must hold the role there."""
    return await arranging.add_shift(resources, caller, given)


@router.post(
    "/series",
    status_code=201,
    operation_id="add_duty_series",
    responses=problems(401, 403, 404, 409, 422),
)
async def add_series(given: SeriesIn, caller: CallerGiven, resources: Given) -> SeriesOut:
    """Put somebody on duty week by week: all of it, or none of it."""
    return SeriesOut(shifts=await arranging.add_series(resources, caller, given))


@router.delete(
    "/shifts/{shift}",
    status_code=204,
    operation_id="cancel_shift",
    responses=problems(401, 403, 404, 409, 422),
)
async def cancel(shift_id: ShiftId, caller: CallerGiven, resources: Given) -> None:
    """Take somebody off duty; what they were on record for stays."""
    await arranging.cancel(resources, caller, shift_id)
