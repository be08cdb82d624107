"""`/deliveries`: list and read."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime

from services.api.access.caller import CallerGiven
from services.api.deliveries import reading
from services.api.deliveries.queries import Wanted
from services.api.deliveries.schemas import DeliveryDetailOut, DeliveryOut
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.resources import Given
from shared.domain.delivery import Channel, MessageKind, MessageState, Receipt

router = APIRouter(prefix="/deliveries", tags=["deliveries"])
Number = Annotated[int, Path(alias="number", ge=1, lt=2**63)]


def _wanted(  # noqa: PLR0913, PLR0917 - each is a parameter of the query
    incident: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    channel: Annotated[Channel | None, Query()] = None,
    state: Annotated[MessageState | None, Query()] = None,
    kind: Annotated[MessageKind | None, Query()] = None,
    receipt: Annotated[Receipt | None, Query()] = None,
    from_at: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    to_at: Annotated[AwareDatetime | None, Query(alias="to")] = None,
) -> Wanted:
    return Wanted(None, incident, channel, state, kind, receipt, from_at, to_at)


@router.get("", operation_id="list_deliveries", responses=problems(401, 403, 404, 422))
async def list_deliveries(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    wanted: Annotated[Wanted, Depends(_wanted)],
    facility: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[DeliveryOut]:
    """What was sent, and what is to be sent, in your place; the newest first."""
    moment = paging.before_moment()
    found = await reading.listed(
        resources,
        caller,
        wanted,
        facility=facility,
        before=moment[1] if moment else None,
        limit=paging.fetch,
    )
    return paging.page(found, lambda one: one.told, lambda one: (one.told.created_at, one.told.id))


@router.get("/{number}", operation_id="read_delivery", responses=problems(401, 403, 404, 422))
async def read_delivery(number: Number, caller: CallerGiven, resources: Given) -> DeliveryDetailOut:
    """One message with every attempt to hand it over."""
    return await reading.one(resources, caller, number)
