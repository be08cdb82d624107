"""`/facilities`: list, register, read, change, retire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access import queries as places
from services.api.access.caller import Caller, CallerGiven
from services.api.access.find import facility_to_change, locked_facility
from services.api.access.transactions import changing, reading
from services.api.facilities import queries
from services.api.facilities.schemas import FacilityChange, FacilityIn, FacilityOut
from services.api.inputs import FacilityCode, changes_in
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import ConflictError, MissingError
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.schedule import local_day
from shared.runtime import logging

#: Units change at midnight on the country's clock.
COUNTRY_TIME_ZONE: Final = "Asia/Ho_Chi_Minh"

log = logging.get(__name__)
router = APIRouter(prefix="/facilities", tags=["facilities"])


@router.get("", operation_id="list_facilities", responses=problems(401, 422))
async def list_facilities(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    retired: Annotated[bool, Query(description="Also those retired")] = False,  # noqa: FBT002 - a query parameter
) -> Page[FacilityOut]:
    """The facilities in your place, by code."""
    listed = queries.in_scope_with_retired if retired else queries.in_scope
    async with reading(resources, caller) as connection:
        rows = await listed(
            connection, caller.scope(Action.SEE), after=paging.after_code(), limit=paging.fetch
        )
    return paging.page(rows, lambda row: row, lambda row: (row.code,))


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
    scope = caller.must_be_able_to_somewhere(Action.REGISTER_FACILITY)
    now = resources.now()
    today = local_day(now, COUNTRY_TIME_ZONE)
    deed = Deed(Verb.CREATE, Subject.FACILITY, given.code, given.code)
    async with changing(resources, caller, deed) as connection:
        if scope.is_everywhere:
            await places.add_first_province(connection, today=today)
        units = await places.units(connection, today=today)
        unit = _unit(units, given.admin_unit, caller)
        if not await queries.add(connection, given, admin_unit_id=unit.id, now=now):
            raise taken(given.code, await queries.retired_at(connection, given.code))
    log.info("facility_registered", facility=given.code)
    response.headers["Location"] = f"/api/v1/facilities/{given.code}"
    return FacilityOut(
        **given.model_dump(exclude={"admin_unit"}),
        admin_unit=unit.code,
        registered_at=now,
        retired_at=None,
    )


@router.get("/{code}", operation_id="read_facility", responses=problems(401, 404))
async def read(code: FacilityCode, caller: CallerGiven, resources: Given) -> FacilityOut:
    """One facility, also if retired."""
    async with reading(resources, caller) as connection:
        return await _shown(connection, code, caller)


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
        if (unit_code := changes.pop("admin_unit", None)) is not None:
            today = local_day(resources.now(), COUNTRY_TIME_ZONE)
            unit = _unit(await places.units(connection, today=today), str(unit_code), caller)
            changes["admin_unit_id"] = unit.id
        await queries.change(connection, facility.id, changes)
        changed = await _shown(connection, code, caller)
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


def taken(code: str, retired_at: datetime | None) -> ConflictError:
    """Why a code cannot be given."""
    if retired_at is None:
        return ConflictError(f"The code {code} is taken. Choose another.", code="code_taken")
    return ConflictError(
        f"The code {code} was retired on {retired_at:%Y-%m-%d} and is not given again, "
        "so that what is on record stays clear. Choose another.",
        code="code_retired",
    )


async def _shown(connection: AsyncConnection, code: str, caller: Caller) -> FacilityOut:
    found = await queries.one(connection, code, caller.scope(Action.SEE))
    if found is None:
        raise MissingError("facility")
    return found


def _unit(units: Sequence[places.Unit], code: str | None, caller: Caller) -> places.Unit:
    """The unit named, or the caller's own, or the first province: provinces come first."""
    scope = caller.scope(Action.REGISTER_FACILITY)
    own = {held.assignment.admin_unit_id for held in caller.held} - {None}
    for unit in units:
        fits = unit.code == code if code is not None else not own or unit.id in own
        if fits and scope.covers_unit(unit.id):
            return unit
    raise MissingError("administrative unit")
