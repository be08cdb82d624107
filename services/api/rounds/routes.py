"""`/rounds`: check in; `/facilities/{code}/rounds`: a night; `…/devices/{device}/label`."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import CallerGiven
from services.api.access.find import watched_facility
from services.api.access.queries import Facility
from services.api.access.transactions import still_disclosing
from services.api.coverage.required import queries as required
from services.api.enrolment.routes import site_of
from services.api.facilities.days import FIRST_DAY
from services.api.inputs import DeviceCode, FacilityCode
from services.api.openapi import problems
from services.api.problems import MissingError
from services.api.resources import Given
from services.api.rounds import checking_in, labelling, night, queries
from services.api.rounds.schemas import CheckInIn, CheckInOut, LabelOut, RoundsOut
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.rounds import night_at, night_of

router = APIRouter(tags=["rounds"])
#: More nobody walks in a night, and more nobody reads.
MOST = 5_000

Night = Annotated[
    date | None, Query(alias="night", description="The day on which it begins; default: this one")
]


@router.post(
    "/rounds/check-ins",
    status_code=201,
    operation_id="check_in",
    responses={200: {"model": CheckInOut}, **problems(401, 404, 422)},
)
async def check_in(
    given: CheckInIn, caller: CallerGiven, resources: Given, response: Response
) -> CheckInOut:
    """Somebody came by. Less than a minute after another check-in there, that one is the answer."""
    done = await checking_in.check_in(resources, caller, given.code, given.note)
    if done.is_repeat:
        response.status_code = HTTPStatus.OK
    return CheckInOut(
        id=done.number,
        facility=done.stand.home.facility.code,
        zone=done.stand.point.zone_code,
        device=done.stand.point.code,
        checked_at=done.checked_at,
        is_repeat=done.is_repeat,
    )


@router.get(
    "/facilities/{code}/rounds", operation_id="read_rounds", responses=problems(401, 404, 422)
)
async def read(
    code: FacilityCode, caller: CallerGiven, resources: Given, on: Night = None
) -> RoundsOut:
    """A night, from noon to noon: who came by where, what was missed, and who is due."""
    now = resources.now()
    deed = Deed(Verb.READ, Subject.ROUND, code, code)
    async with still_disclosing(resources, caller, deed) as connection:
        facility = await watched_facility(connection, code, caller)
        which = on or night_at(now, facility.time_zone)
        facts = await facts_of(connection, facility, which)
    return night.told(facts, now=now)


async def facts_of(connection: AsyncConnection, facility: Facility, which: date) -> night.Facts:
    """A night that the calendar does not have is not there."""
    if not FIRST_DAY <= which < date.max:
        raise MissingError("night")
    window = night_of(which, facility.time_zone)
    return night.Facts(
        night=which,
        window=window,
        zones=await required.zones(connection, facility, window),
        rooms=await queries.rooms(connection, facility.id),
        points=await queries.points(connection, facility.id, limit=MOST),
        visits=await queries.visits(connection, facility.id, window, limit=MOST),
        holes=await queries.holes(connection, facility.id, window),
    )


@router.post(
    "/facilities/{code}/devices/{device}/label",
    status_code=201,
    operation_id="label_round_point",
    responses=problems(401, 403, 404, 409),
)
async def label(
    code: FacilityCode, device: DeviceCode, caller: CallerGiven, resources: Given, request: Request
) -> LabelOut:
    """What a new label says, shown this once. The old label is worthless from now on."""
    site = site_of(resources, request)
    return await labelling.new_label(resources, caller, (code, device), site=site)
