"""`/facilities/{code}/zones/{zone}/requirements`: what a zone required when."""

from fastapi import APIRouter

from services.api.access.caller import CallerGiven
from services.api.access.find import watched_facility
from services.api.access.transactions import reading
from services.api.inputs import FacilityCode, ZoneCode
from services.api.openapi import problems
from services.api.resources import Given
from services.api.zones.find import zone_in
from services.api.zones.requirements import queries
from services.api.zones.requirements.schemas import RequirementOut

router = APIRouter(prefix="/facilities/{code}/zones/{zone}/requirements", tags=["zones"])


@router.get("", operation_id="list_requirements", responses=problems(401, 404))
async def list_requirements(
    code: FacilityCode, zone: ZoneCode, caller: CallerGiven, resources: Given
) -> list[RequirementOut]:
    """All that ever bound in a zone, or will; the newest first."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        there = await zone_in(connection, facility.id, zone)
        return list(await queries.history(connection, there.id))
