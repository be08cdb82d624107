"""`/agencies`: list, register, read, revoke; their keys: add, end, revoke, fetch."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.api.access.caller import CallerGiven
from services.api.access.transactions import reading
from services.api.agencies import queries, registering
from services.api.agencies.registering import HOME_ZONE, shown
from services.api.agencies.schemas import AgencyIn, AgencyOut, KeyEnd, KeyIn
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.resources import Given
from shared.domain.schedule import local_day

router = APIRouter(prefix="/agencies", tags=["sharing"])
AgencyCode = Annotated[str, Path(alias="agency", max_length=200)]
Thumbprint = Annotated[str, Path(alias="thumbprint", max_length=200)]


@router.get("", operation_id="list_agencies", responses=problems(401, 403, 422))
async def list_agencies(
    caller: CallerGiven, resources: Given, paging: PagingGiven
) -> Page[AgencyOut]:
    """The agencies on record with their keys, by code."""
    registering.must_be_able_to_look(caller)
    day = local_day(resources.now(), HOME_ZONE)
    async with reading(resources, caller) as connection:
        rows = await queries.page(
            connection, day=day, after=paging.after_code(), limit=paging.fetch
        )
    return paging.page(rows, lambda row: row, lambda row: (row.code,))


@router.post(
    "", status_code=201, operation_id="register_agency", responses=problems(401, 403, 409, 422)
)
async def add(
    given: AgencyIn, caller: CallerGiven, resources: Given, response: Response
) -> AgencyOut:
    """Register an agency. It can read nothing until somebody grants it something."""
    agency = await registering.add(resources, caller, given)
    response.headers["Location"] = f"/api/v1/agencies/{agency.code}"
    return agency


@router.get("/{agency}", operation_id="read_agency", responses=problems(401, 403, 404))
async def read(agency: AgencyCode, caller: CallerGiven, resources: Given) -> AgencyOut:
    """One agency, also if revoked."""
    registering.must_be_able_to_look(caller)
    async with reading(resources, caller) as connection:
        return await shown(connection, agency, resources.now())


@router.delete(
    "/{agency}",
    status_code=204,
    operation_id="revoke_agency",
    response_class=Response,
    responses=problems(401, 403, 404),
)
async def revoke(agency: AgencyCode, caller: CallerGiven, resources: Given) -> None:
    """Revoke an agency for good and at once. What it read stays on record."""
    await registering.revoke(resources, caller, agency)


@router.post(
    "/{agency}/keys",
    status_code=201,
    operation_id="add_agency_key",
    responses=problems(401, 403, 404, 409, 422),
)
async def add_key(
    agency: AgencyCode, given: KeyIn, caller: CallerGiven, resources: Given
) -> AgencyOut:
    """Add a key, which may begin later: so keys overlap while they are changed."""
    await registering.add_key(resources, caller, agency, given)
    async with reading(resources, caller) as connection:
        return await shown(connection, agency, resources.now())


@router.patch(
    "/{agency}/keys/{thumbprint}",
    operation_id="end_agency_key",
    responses=problems(401, 403, 404, 409, 422),
)
async def end_key(
    agency: AgencyCode,
    thumbprint: Thumbprint,
    given: KeyEnd,
    caller: CallerGiven,
    resources: Given,
) -> AgencyOut:
    """Say until when a key is still taken."""
    await registering.end_key(resources, caller, agency, thumbprint, given)
    async with reading(resources, caller) as connection:
        return await shown(connection, agency, resources.now())


@router.delete(
    "/{agency}/keys/{thumbprint}",
    status_code=204,
    operation_id="revoke_agency_key",
    response_class=Response,
    responses=problems(401, 403, 404),
)
async def revoke_key(
    agency: AgencyCode, thumbprint: Thumbprint, caller: CallerGiven, resources: Given
) -> None:
    """Revoke a key for good and at once, with the tokens that were given for it."""
    await registering.revoke_key(resources, caller, agency, thumbprint)


@router.post(
    "/{agency}/keys/refresh",
    operation_id="fetch_agency_keys",
    responses=problems(401, 403, 404, 409, 503),
)
async def refresh(agency: AgencyCode, caller: CallerGiven, resources: Given) -> AgencyOut:
    """Fetch the keys that the agency publishes, now."""
    await registering.refresh(resources, caller, agency)
    async with reading(resources, caller) as connection:
        return await shown(connection, agency, resources.now())
