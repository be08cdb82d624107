"""`/ladders`: list, begin, read, change, end, and who would be told now."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.api.access.caller import CallerGiven
from services.api.ladders import changing, listing, previewing
from services.api.ladders.schemas import LadderIn, LadderOut, PreviewOut, StepsIn
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.resources import Given
from shared.domain.places import ZoneKind
from shared.domain.states import Severity

router = APIRouter(prefix="/ladders", tags=["ladders"])
LadderId = Annotated[int, Path(alias="ladder", ge=0, lt=2**63)]


@router.get("", operation_id="list_ladders", responses=problems(401, 403, 422))
async def list_ladders(
    caller: CallerGiven, resources: Given, paging: PagingGiven
) -> Page[LadderOut]:
    """Those in force that concern you, the newest first; at last the one for everything."""
    rows = await listing.page(resources, caller, before=paging.before_moment(), limit=paging.fetch)
    return paging.page(rows, lambda row: row, lambda row: (row.valid_from, row.id))


@router.post(
    "", status_code=201, operation_id="begin_ladder", responses=problems(401, 403, 404, 422)
)
async def begin(
    given: LadderIn, caller: CallerGiven, resources: Given, response: Response
) -> LadderOut:
    """Begin a ladder; it binds from now on. Its answer says where a step finds nobody."""
    number = await changing.begin(resources, caller, given)
    response.headers["Location"] = f"/api/v1/ladders/{number}"
    return await listing.one(resources, caller, number)


@router.get("/preview", operation_id="preview_ladder", responses=problems(401, 403, 404, 422))
async def preview(
    facility: Annotated[str, Query(min_length=1, max_length=200, description="Its code")],
    caller: CallerGiven,
    resources: Given,
    severity: Severity = Severity.WARNING,
    zone_kind: ZoneKind | None = None,
) -> PreviewOut:
    """Who would be told of a facility, and when, if something stopped there now."""
    return await previewing.preview(resources, caller, facility, severity, zone_kind)


@router.get("/{ladder}", operation_id="read_ladder", responses=problems(401, 404, 422))
async def read(ladder_id: LadderId, caller: CallerGiven, resources: Given) -> LadderOut:
    """One ladder, also if it has ended; 0 is the one for everything."""
    return await listing.one(resources, caller, ladder_id)


@router.put("/{ladder}", operation_id="change_ladder", responses=problems(401, 403, 404, 409, 422))
async def change(
    ladder_id: LadderId, given: StepsIn, caller: CallerGiven, resources: Given
) -> LadderOut:
    """End it and begin another in its place, which is the answer; what was stays on record."""
    number = await changing.change(resources, caller, ladder_id, given)
    return await listing.one(resources, caller, number)


@router.delete(
    "/{ladder}",
    status_code=204,
    operation_id="end_ladder",
    response_class=Response,
    responses=problems(401, 403, 404, 409, 422),
)
async def end(ladder_id: LadderId, caller: CallerGiven, resources: Given) -> None:
    """End it: from now on the next one counts, of the place around it or for everything."""
    await changing.end(resources, caller, ladder_id)
