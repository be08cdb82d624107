"""`/quarantine`: messages that could not be credited and why; read, and count anew."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from services.api.access.caller import CallerGiven
from services.api.access.transactions import reading
from services.api.console import words
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.quarantine import queries, replaying
from services.api.quarantine.schemas import (
    QuarantinedDetailOut,
    QuarantinedOut,
    ReplayRequestedOut,
)
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.states import Refusal
from shared.i18n import translator

router = APIRouter(prefix="/quarantine", tags=["quarantine"])

EntryId = Annotated[int, Path(alias="id", ge=1, lt=2**63)]


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
    async with reading(resources, caller) as connection:
        rows = await queries.page(
            connection,
            scope,
            facility_code=facility,
            reason=reason,
            before=paging.before_moment(),
            limit=paging.fetch,
        )
    return paging.page(rows, lambda row: row, lambda row: (row.last_at, row.id))


@router.get("/{id}", operation_id="read_quarantined", responses=problems(401, 403, 404, 422))
async def read(entry_id: EntryId, caller: CallerGiven, resources: Given) -> QuarantinedDetailOut:
    """One entry: why, what to do, and whether its messages can be counted anew."""
    async with reading(resources, caller) as connection:
        found = await replaying.entry(connection, caller, entry_id)
    t = translator(caller.language)
    why, advice = words.REFUSALS[found.said.reason]
    return QuarantinedDetailOut(
        **found.said.model_dump(),
        why=t.gettext(why),
        advice=t.gettext(advice),
        replay=found.replay,
    )


@router.post(
    "/{id}/replay",
    status_code=202,
    operation_id="replay_quarantined",
    responses=problems(401, 403, 404, 409, 422),
)
async def replay(entry_id: EntryId, caller: CallerGiven, resources: Given) -> ReplayRequestedOut:
    """Have the kept messages of an entry read once more, after what was wrong was put right.

    It is done within seconds: what counts by now is credited, what does not comes back here.
    """
    return await replaying.replay(resources, caller, entry_id)
