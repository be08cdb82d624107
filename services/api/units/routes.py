"""`/units`: the units of a day, one of them, and the people in post there."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from services.api.access.caller import CallerGiven
from services.api.access.transactions import disclosing, reading
from services.api.inputs import Text
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import ForbiddenError, MissingError
from services.api.resources import Given
from services.api.units import queries
from services.api.units import reading as units
from services.api.units.asked import AsOfGiven, officers_seen_by
from services.api.units.inside import queries as inside
from services.api.units.queries import Which
from services.api.units.schemas import LyingOut, OfficerOut, UnitDetailOut, UnitOut
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.jurisdiction import Level

router = APIRouter(prefix="/units", tags=["units"])
UnitCode = Annotated[Text, Path(alias="code", max_length=64)]


class Post(StrEnum):
    """Communes by their child-protection officer."""

    VACANT = "vacant"


def _which(
    caller: CallerGiven,
    as_of: AsOfGiven,
    level: Annotated[Level | None, Query()] = None,
    parent: Annotated[Text | None, Query(max_length=64, description="Code of a unit")] = None,
    q: Annotated[Text, Query(max_length=200, description="Beginnings of words")] = "",
    officer: Annotated[
        Post | None,
        Query(description="vacant: communes of yours without a child-protection officer"),
    ] = None,
) -> Which:
    vacant_in = officers_seen_by(caller) if officer is Post.VACANT else None
    return Which(as_of.on, level, parent, q, vacant_in, as_of.at)


@router.get("", operation_id="list_units", responses=problems(401, 403, 422))
async def list_units(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    as_of: AsOfGiven,
    which: Annotated[Which, Depends(_which)],
) -> Page[UnitOut]:
    """The administrative units of a day, by code."""
    caller.must_be_able_to_somewhere(Action.SEE)
    async with reading(resources, caller) as connection:
        rows = await units.listed(
            connection, caller, which, as_of, after=paging.after_code(), limit=paging.fetch
        )
    return paging.page(rows, lambda row: row, lambda row: (row.code,))


@router.get("/{code}", operation_id="read_unit", responses=problems(401, 403, 404, 422))
async def read(
    code: UnitCode, caller: CallerGiven, resources: Given, as_of: AsOfGiven
) -> UnitDetailOut:
    """One unit: what it is part of, what it follows, what follows it, and who decides there.

    A code may return: it is the bearer on that day, or else the last one before it.
    """
    caller.must_be_able_to_somewhere(Action.SEE)
    async with reading(resources, caller) as connection:
        found = await units.one(connection, caller, code, as_of)
    if found is None:
        raise MissingError("administrative unit")
    return found.shown


@router.get(
    "/{code}/facilities",
    operation_id="list_facilities_of_unit",
    responses=problems(401, 403, 404, 422),
)
async def facilities(
    code: UnitCode, caller: CallerGiven, resources: Given, paging: PagingGiven, as_of: AsOfGiven
) -> Page[LyingOut]:
    """Those of yours that lay directly in it on a day, and where each lies today."""
    scope = caller.must_be_able_to_somewhere(Action.SEE)
    async with reading(resources, caller) as connection:
        row = await queries.one(connection, code, as_of.on)
        if row is None:
            raise MissingError("administrative unit")
        rows = await inside.facilities_of(
            connection, row.id, scope, on=as_of.on, after=paging.after_code(), limit=paging.fetch
        )
    return paging.page(
        rows,
        lambda one: LyingOut(
            code=one.code, name=one.name, unit_now=one.unit_now, unit_name_now=one.unit_name_now
        ),
        lambda one: (one.code,),
    )


@router.get(
    "/{code}/officers", operation_id="list_officers", responses=problems(401, 403, 404, 422)
)
async def officers(
    code: UnitCode, caller: CallerGiven, resources: Given, as_of: AsOfGiven
) -> Page[OfficerOut]:
    """Who holds a role in a unit. It names people, so that you looked is on record."""
    scope = caller.must_be_able_to_somewhere(Action.SEE_PEOPLE)
    async with reading(resources, caller) as connection:
        row = await queries.one(connection, code, as_of.on)
    if row is None:
        raise MissingError("administrative unit")
    if not scope.covers_unit(row.id):
        raise ForbiddenError("The people of this unit are not yours to see.")
    deed = Deed(Verb.LIST, Subject.PERSON, code, unit=code)
    async with disclosing(resources, caller, deed) as connection:
        rows = await inside.officers(connection, row.id, at=as_of.at)
    return Page(items=[OfficerOut.model_validate(one) for one in rows], next=None)
