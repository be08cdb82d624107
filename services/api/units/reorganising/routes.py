"""`/units/reorganisations`: what is due, who has to be placed, and having it done at once."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path

from services.api.access.caller import Caller, CallerGiven
from services.api.access.transactions import reading
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import ConflictError, MissingError
from services.api.resources import Given, Resources
from services.api.units.asked import FIRST_DAY, LAST_DAY, AsOfGiven
from services.api.units.reorganising import candidates, choosing, queries
from services.api.units.reorganising.cut_over import CutOver
from services.api.units.schemas import ChoiceIn, ReorganisationOut, StrandedOut
from shared.domain.access import Action
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day

router = APIRouter(prefix="/units/reorganisations", tags=["units"])
EffectiveOn = Annotated[
    date, Path(alias="effective_on", ge=FIRST_DAY, le=LAST_DAY, description="Its first day")
]


@router.get("", operation_id="list_reorganisations", responses=problems(401, 403))
async def list_reorganisations(caller: CallerGiven, resources: Given) -> Page[ReorganisationOut]:
    """Days on which units ended or will end, the newest first. There is one page."""
    scope = caller.must_be_able_to_somewhere(Action.SEE)
    async with reading(resources, caller) as connection:
        rows = await queries.reorganisations(connection, scope)
    return Page(items=[_out(row) for row in rows], next=None)


def _out(row: queries.Reorganisation) -> ReorganisationOut:
    return ReorganisationOut(
        effective_on=row.effective_on, ended=row.ended, begun=row.begun, moved=row.moved,
        waiting=row.waiting,
    )  # fmt: skip


@router.get(
    "/unassigned", operation_id="list_unassigned_facilities", responses=problems(401, 403, 422)
)
async def list_unassigned(
    caller: CallerGiven, resources: Given, paging: PagingGiven, as_of: AsOfGiven
) -> Page[StrandedOut]:
    """Facilities of yours whose unit is no more by a day: somebody must say where they lie."""
    scope = caller.must_be_able_to_somewhere(Action.SEE)
    async with reading(resources, caller) as connection:
        rows = await candidates.stranded(
            connection, scope, today=as_of.on, after=paging.after_code(), limit=paging.fetch
        )
    return paging.page(rows, lambda row: row, lambda row: (row.facility,))


@router.post(
    "/{effective_on}/assignments",
    operation_id="assign_facility",
    responses=problems(401, 403, 404, 409, 422),
)
async def assign(
    effective_on: EffectiveOn, given: ChoiceIn, caller: CallerGiven, resources: Given
) -> ReorganisationOut:
    """Say where a facility of a split unit goes. If the day has come, it goes there at once."""
    caller.must_be_able_to_somewhere(Action.MANAGE_UNITS)
    await choosing.choose(resources, caller, effective_on, given)
    await CutOver(resources.engine, now=resources.now).look()
    return await _one(resources, caller, effective_on)


@router.post(
    "/{effective_on}/cut-over", operation_id="cut_over", responses=problems(401, 403, 404, 409, 422)
)
async def cut_over(
    effective_on: EffectiveOn, caller: CallerGiven, resources: Given
) -> ReorganisationOut:
    """Do now what is due. It is done by itself within a minute; a second time does nothing."""
    caller.must_be_able_to_somewhere(Action.MANAGE_UNITS)
    await _one(resources, caller, effective_on)
    if effective_on > local_day(resources.now(), COUNTRY_TIME_ZONE):
        raise ConflictError(
            f"It takes effect on {effective_on}; until then it waits.", code="not_yet"
        )
    await CutOver(resources.engine, now=resources.now).look()
    return await _one(resources, caller, effective_on)


async def _one(resources: Resources, caller: Caller, effective_on: date) -> ReorganisationOut:
    async with reading(resources, caller) as connection:
        scope = caller.scope(Action.SEE)
        rows = await queries.reorganisations(connection, scope, on=effective_on)
    if not rows:
        raise MissingError("reorganisation")
    return _out(rows[0])
