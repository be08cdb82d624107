"""`/gaps`: required time without enough coverage."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from services.api.access.caller import CallerGiven
from services.api.access.find import watched_facility
from services.api.access.transactions import reading
from services.api.gaps import queries
from services.api.gaps.queries import Wanted
from services.api.gaps.schemas import GapOut
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.states import GapState

router = APIRouter(prefix="/gaps", tags=["gaps"])


@dataclass(frozen=True, slots=True)
class Filter:
    """Which gaps; what is not named does not narrow."""

    facility: Annotated[str | None, Query(max_length=200)] = None
    state: Annotated[GapState | None, Query()] = None
    from_at: Annotated[
        AwareDatetime | None, Query(alias="from", description="Those that last beyond this")
    ] = None
    to_at: Annotated[
        AwareDatetime | None, Query(alias="to", description="Those that began before this")
    ] = None
    incident: Annotated[int | None, Query(ge=1, lt=2**63, description="Those of one incident")] = (
        None
    )
    as_known_at: Annotated[
        AwareDatetime | None,
        Query(description="As they were known then, before later evidence; absent: as known now"),
    ] = None


@router.get("", operation_id="list_gaps", responses=problems(401, 404, 422))
async def list_gaps(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    asked: Annotated[Filter, Depends()],
) -> Page[GapOut]:
    """The gaps in your place, newest first."""
    async with reading(resources, caller) as connection:
        facility_id = None
        if asked.facility is not None:
            facility_id = (await watched_facility(connection, asked.facility, caller)).id
        rows = await queries.page(
            connection,
            caller.scope(Action.WATCH),
            Wanted(
                facility_id,
                asked.state,
                asked.from_at,
                asked.to_at,
                asked.incident,
                asked.as_known_at,
            ),
            before=paging.before_moment(),
            limit=paging.fetch,
            now=resources.now(),
        )
    return paging.page(rows, lambda row: row, lambda row: (row.from_at, row.id))
