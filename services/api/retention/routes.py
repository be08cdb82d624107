"""`/retention`: the policies in force, and what went by them."""

from fastapi import APIRouter

from services.api.access.caller import CallerGiven
from services.api.access.transactions import reading
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.resources import Given
from services.api.retention import queries
from services.api.retention.schemas import PolicyOut, PurgeOut
from shared.domain.access import Action

router = APIRouter(prefix="/retention", tags=["retention"])


@router.get("", operation_id="list_retention_policies", responses=problems(401, 403))
async def list_policies(caller: CallerGiven, resources: Given) -> Page[PolicyOut]:
    """For how long what is kept, for whoever sees anything of it. There is one page."""
    caller.must_be_able_to_somewhere(Action.SEE)
    async with reading(resources, caller) as connection:
        return Page(items=list(await queries.policies(connection)), next=None)


@router.get("/purges", operation_id="list_purges", responses=problems(401, 403, 422))
async def list_purges(caller: CallerGiven, resources: Given, paging: PagingGiven) -> Page[PurgeOut]:
    """What went, newest first: one entry for each transaction that let something go."""
    caller.must_be_able_to_somewhere(Action.MANAGE_RETENTION)
    async with reading(resources, caller) as connection:
        rows = await queries.purges(connection, before=paging.before_moment(), limit=paging.fetch)
    return paging.page(rows, lambda row: row, lambda row: (row.purged_at, row.id))
