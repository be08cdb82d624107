"""`/facilities`: list, register, read, change, retire."""

from datetime import date, datetime

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access import queries as places
from services.api.access.caller import Caller, CallerGiven
from services.api.access.find import facility_to_change, locked_facility
from services.api.access.transactions import changing, reading
from services.api.facilities import queries, registering
from services.api.facilities.asked import AsOf, WantedGiven
from services.api.facilities.listing import queries as listing
from services.api.facilities.registering import taken
from services.api.facilities.schemas import FacilityChange, FacilityIn, FacilityOut
from services.api.inputs import FacilityCode, changes_in
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import MissingError
from services.api.resources import Given
from services.api.units.placing import queries as placing
from services.api.units.placing.queries import Warrant
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.jurisdiction import Move
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.runtime import logging

log = logging.get(__name__)
__all__ = ["router", "taken"]
router = APIRouter(prefix="/facilities", tags=["facilities"])


@router.get("", operation_id="list_facilities", responses=problems(401, 422))
async def list_facilities(
    caller: CallerGiven, resources: Given, paging: PagingGiven, wanted: WantedGiven
) -> Page[FacilityOut]:
    """The facilities in your place, each as it stood on the day asked for."""
    async with reading(resources, caller) as connection:
        rows = await listing.listed(
            connection,
            caller.scope(Action.SEE),
            wanted,
            after=paging.after_pair(),
            limit=paging.fetch,
        )
    return paging.page(rows, lambda row: row.facility, lambda row: row.cursor)


@router.post(
    "",
    status_code=201,
    operation_id="register_facility",
    responses=problems(401, 403, 404, 409, 422),
)
async def register(
    given: FacilityIn, caller: CallerGiven, resources: Given, response: Response
) -> FacilityOut:
    """Register a facility in an administrative unit of yours."""
    await registering.register(resources, caller, given)
    response.headers["Location"] = f"/api/v1/facilities/{given.code}"
    return await read(given.code, caller, resources)


@router.get("/{code}", operation_id="read_facility", responses=problems(401, 404, 422))
async def read(
    code: FacilityCode, caller: CallerGiven, resources: Given, as_of: AsOf = None
) -> FacilityOut:
    """One facility, also if retired."""
    async with reading(resources, caller) as connection:
        return await _shown(connection, code, caller, on=as_of, now=resources.now())


@router.patch(
    "/{code}", operation_id="change_facility", responses=problems(401, 403, 404, 409, 422)
)
async def change(
    code: FacilityCode, given: FacilityChange, caller: CallerGiven, resources: Given
) -> FacilityOut:
    """Change what is sent; the rest stays."""
    changes = changes_in(given)
    deed = Deed(Verb.CHANGE, Subject.FACILITY, code, code, {"changed": sorted(changes)})
    async with changing(resources, caller, deed) as connection:
        facility = await facility_to_change(connection, code, caller, Action.CHANGE_FACILITY)
        now = resources.now()
        if (unit_code := changes.pop("admin_unit", None)) is not None:
            today = local_day(now, COUNTRY_TIME_ZONE)
            units = await places.units(connection, today=today)
            scope = caller.scope(Action.CHANGE_FACILITY)
            unit = registering.unit_of(units, str(unit_code), caller, scope)
            changes["admin_unit_id"] = unit.id
            if unit.id != facility.admin_unit_id:
                move = Move(facility.id, facility.admin_unit_id, unit.id, today)
                await placing.move(connection, [move], Warrant(caller.trail.actor, now))
        await queries.change(connection, facility.id, changes)
        changed = await _shown(connection, code, caller, now=now)
    log.info(
        "facility_changed",
        facility=code,
        changed=sorted(changes),
        requires_signature=changed.requires_signature,
    )
    return changed


@router.delete(
    "/{code}",
    status_code=204,
    operation_id="retire_facility",
    response_class=Response,
    responses=problems(401, 403, 404),
)
async def retire(code: FacilityCode, caller: CallerGiven, resources: Given) -> None:
    """Retire a facility with all in it. What is on record stays readable."""
    deed = Deed(Verb.REMOVE, Subject.FACILITY, code, code)
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, Action.CHANGE_FACILITY)
        await resources.broker.revoke(await queries.usernames(connection, facility.id))
        await queries.retire(connection, facility.id, now=resources.now())
    log.info("facility_retired", facility=code)


async def _shown(
    connection: AsyncConnection, code: str, caller: Caller, *, now: datetime, on: date | None = None
) -> FacilityOut:
    today = local_day(now, COUNTRY_TIME_ZONE)
    found = await listing.one(connection, code, caller.scope(Action.SEE), on=on, today=today)
    if found is None:
        raise MissingError("facility")
    return found
