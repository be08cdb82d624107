"""`/facilities/{code}/facts`, `/condition-checks`, `/standing`; `/discoveries`; `/licences`."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.api.access.caller import CallerGiven
from services.api.access.find import seen_facility
from services.api.access.transactions import reading
from services.api.facilities.asked import AsOf
from services.api.facilities.routes import read as read_facility
from services.api.facilities.schemas import FacilityOut
from services.api.inputs import FacilityCode
from services.api.licences import changing, discovering, queries, standing
from services.api.licences.checks import queries as checks
from services.api.licences.expiry import queries as expiry
from services.api.licences.schemas import (
    CheckIn,
    CheckOut,
    DiscoveryIn,
    ExpiringOut,
    FactIn,
    FactOut,
    StandingOut,
    WithdrawalIn,
)
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.licence_expiry import LONGEST_DAYS
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day

router = APIRouter(tags=["licences"])
RecordId = Annotated[int, Path(alias="id", ge=1, lt=2**63)]
_CHANGE = problems(401, 403, 404, 409, 422)


@router.post("/discoveries", status_code=201, operation_id="discover_facility", responses=_CHANGE)
async def discover(
    given: DiscoveryIn, caller: CallerGiven, resources: Given, response: Response
) -> FacilityOut:
    """Put a facility on record that operates and that nobody has registered."""
    code = await discovering.discover(resources, caller, given)
    response.headers["Location"] = f"/api/v1/facilities/{code}"
    return await read_facility(code, caller, resources)


@router.get(
    "/facilities/{code}/standing", operation_id="read_standing", responses=problems(401, 404, 422)
)
async def read_standing(
    code: FacilityCode, caller: CallerGiven, resources: Given, as_of: AsOf = None
) -> StandingOut:
    """Registered? Licensed? Meets the conditions? And what can be put on record next."""
    today = local_day(resources.now(), COUNTRY_TIME_ZONE)
    async with reading(resources, caller) as connection:
        facility = await seen_facility(connection, code, caller)
        return await standing.standing(connection, facility.id, on=as_of or today)


@router.get("/facilities/{code}/facts", operation_id="list_facts", responses=problems(401, 404))
async def list_facts(code: FacilityCode, caller: CallerGiven, resources: Given) -> list[FactOut]:
    """All that was ever entered, also what was withdrawn, the newest first."""
    async with reading(resources, caller) as connection:
        facility = await seen_facility(connection, code, caller)
        return list(await queries.facts(connection, facility.id))


@router.post(
    "/facilities/{code}/facts", status_code=201, operation_id="add_fact", responses=_CHANGE
)
async def add_fact(
    code: FacilityCode, given: FactIn, caller: CallerGiven, resources: Given
) -> FactOut:
    """Put a certificate, a licence or a decision on record. It falls into its day."""
    return await changing.add_fact(resources, caller, code, given)


@router.post(
    "/facilities/{code}/facts/{id}/withdraw", operation_id="withdraw_fact", responses=_CHANGE
)
async def withdraw_fact(
    code: FacilityCode,
    fact_id: RecordId,
    given: WithdrawalIn,
    caller: CallerGiven,
    resources: Given,
) -> FactOut:
    """Take back what was entered by mistake. It stays on record with the reason."""
    return await changing.withdraw_fact(resources, caller, code, fact_id, because=given.because)


@router.get(
    "/facilities/{code}/condition-checks", operation_id="list_checks", responses=problems(401, 404)
)
async def list_checks(code: FacilityCode, caller: CallerGiven, resources: Given) -> list[CheckOut]:
    """All checks of the operating conditions, the newest first."""
    async with reading(resources, caller) as connection:
        facility = await seen_facility(connection, code, caller)
        return list(await checks.of_facility(connection, facility.id))


@router.post(
    "/facilities/{code}/condition-checks",
    status_code=201,
    operation_id="add_check",
    responses=_CHANGE,
)
async def add_check(
    code: FacilityCode, given: CheckIn, caller: CallerGiven, resources: Given
) -> CheckOut:
    """Put on record what a check found of each condition."""
    return await changing.add_check(resources, caller, code, given)


@router.post(
    "/facilities/{code}/condition-checks/{id}/withdraw",
    operation_id="withdraw_check",
    responses=_CHANGE,
)
async def withdraw_check(
    code: FacilityCode,
    check_id: RecordId,
    given: WithdrawalIn,
    caller: CallerGiven,
    resources: Given,
) -> CheckOut:
    """Take back a check that was entered by mistake."""
    return await changing.withdraw_check(resources, caller, code, check_id, because=given.because)


@router.get(
    "/licences/expiring", operation_id="list_expiring_licences", responses=problems(401, 422)
)
async def list_expiring(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    within_days: Annotated[int, Query(ge=0, le=LONGEST_DAYS)] = LONGEST_DAYS,
) -> Page[ExpiringOut]:
    """Licences in your place that end soon, and those that ended with none in their place."""
    today = local_day(resources.now(), COUNTRY_TIME_ZONE)
    async with reading(resources, caller) as connection:
        rows = await expiry.expiring(
            connection,
            caller.scope(Action.SEE),
            today=today,
            within_days=within_days,
            after=paging.after_code(),
            limit=paging.fetch,
        )
    return paging.page(rows, lambda row: row, lambda row: (row.facility,))
