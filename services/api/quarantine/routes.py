"""`/quarantine`: messages that could not be credited, and why."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.api.access.caller import CallerGiven
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.quarantine import queries
from services.api.quarantine.schemas import QuarantinedOut
from services.api.resources import Given
from shared.db.session import reading
from shared.domain.access import Action
from shared.domain.states import Refusal

router = APIRouter(prefix="/quarantine", tags=["quarantine"])


@router.get("", operation_id="list_quarantined", responses=problems(401, 403, 422))
async def list_quarantined(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    facility: Annotated[str | None, Query(max_length=200)] = None,
    reason: Annotated[Refusal | None, Query()] = None,
) -> Page[QuarantinedOut]:
    """Newest first. `facility` is what the topic says, on record or not."""
    scope = caller.must_be_able_to_somewhere(Action.SEE_QUARANTINE)
    async with reading(resources.engine) as connection:
        rows = await queries.page(
            connection,
            scope,
            facility_code=facility,
            reason=reason,
            before=paging.before_moment(),
            limit=paging.fetch,
        )
    return paging.page(rows, lambda row: row, lambda row: (row.last_at, row.id))
