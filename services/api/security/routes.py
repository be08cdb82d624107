"""`/facilities/{code}/security-events`: signs that somebody pretends. Nobody can remove them."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.api.access.caller import CallerGiven
from services.api.access.find import watched_facility
from services.api.access.transactions import reading
from services.api.inputs import FacilityCode, Text
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.resources import Given
from services.api.security import queries
from services.api.security.schemas import SecurityEventOut
from shared.domain.access import Action

router = APIRouter(prefix="/facilities/{code}/security-events", tags=["security"])


@router.get("", operation_id="list_security_events", responses=problems(401, 403, 404, 422))
async def list_security_events(
    code: FacilityCode,
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    device: Annotated[Text | None, Query(max_length=200, description="Only of this device")] = None,
) -> Page[SecurityEventOut]:
    """Newest first: one entry a device, kind and day. Nothing of what was refused counted."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        caller.must_be_able_to(Action.SEE_QUARANTINE, facility)
        rows = await queries.of_facility(
            connection,
            facility.id,
            device_code=device,
            before=paging.before_moment(),
            limit=paging.fetch,
        )
    return paging.page(rows, lambda row: row, lambda row: (row.last_at, row.id))
