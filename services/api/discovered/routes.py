"""`/facilities/{code}/discovered-cameras`: found on site, and not registered."""

from fastapi import APIRouter

from services.api.access.caller import CallerGiven
from services.api.access.find import watched_facility
from services.api.access.transactions import reading
from services.api.discovered import queries
from services.api.discovered.schemas import DiscoveredOut
from services.api.inputs import FacilityCode
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.resources import Given
from shared.domain.access import Action

router = APIRouter(prefix="/facilities/{code}/discovered-cameras", tags=["devices"])


@router.get("", operation_id="list_discovered_cameras", responses=problems(401, 403, 404, 422))
async def list_discovered(
    code: FacilityCode, caller: CallerGiven, resources: Given, paging: PagingGiven
) -> Page[DiscoveredOut]:
    """For whoever registers devices there: what a gateway saw when it last looked around."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        caller.must_be_able_to(Action.MANAGE_DEVICES, facility)
        rows = await queries.unregistered(
            connection, facility.id, after=paging.after_code(), limit=paging.fetch
        )
    return paging.page(rows, lambda row: row, lambda row: (row.endpoint,))
