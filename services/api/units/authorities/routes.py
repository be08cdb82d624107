"""`/authorities` and `/competences`: who decides what, as of a day."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from services.api.access.caller import CallerGiven
from services.api.access.transactions import reading
from services.api.inputs import Text
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import MissingError
from services.api.resources import Given
from services.api.units.asked import FIRST_DAY, LAST_DAY, AsOfGiven
from services.api.units.authorities import queries
from services.api.units.authorities.queries import Which
from services.api.units.schemas import AuthorityOut, CompetenceOut
from shared.domain.access import Action
from shared.domain.competence import AuthorityKind, SubjectMatter

router = APIRouter(tags=["units"])


@router.get("/authorities", operation_id="list_authorities", responses=problems(401, 403, 422))
async def list_authorities(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    as_of: AsOfGiven,
    unit: Annotated[Text | None, Query(max_length=64, description="Code of its unit")] = None,
    kind: Annotated[AuthorityKind | None, Query()] = None,
) -> Page[AuthorityOut]:
    """The authorities of a day, by code."""
    caller.must_be_able_to_somewhere(Action.SEE)
    async with reading(resources, caller) as connection:
        rows = await queries.listed(
            connection,
            on=as_of.on,
            unit=unit,
            kind=kind,
            after=paging.after_code(),
            limit=paging.fetch,
        )
    return paging.page(rows, lambda row: row, lambda row: (row.code,))


@router.get(
    "/authorities/{code}", operation_id="read_authority", responses=problems(401, 403, 404, 422)
)
async def read_authority(
    code: Annotated[Text, Path(max_length=64)], caller: CallerGiven, resources: Given
) -> AuthorityOut:
    """One authority, also if it is no more."""
    caller.must_be_able_to_somewhere(Action.SEE)
    async with reading(resources, caller) as connection:
        found = await queries.one(connection, code)
    if found is None:
        raise MissingError("authority")
    return found


def _which(
    as_of: AsOfGiven,
    subject_matter: Annotated[SubjectMatter | None, Query()] = None,
    unit: Annotated[Text | None, Query(max_length=64)] = None,
    authority: Annotated[Text | None, Query(max_length=64)] = None,
    review_before: Annotated[
        date | None,
        Query(ge=FIRST_DAY, le=LAST_DAY, description="Only those to be asked about by then"),
    ] = None,
) -> Which:
    return Which(as_of.on, subject_matter, unit, authority, review_before)


@router.get("/competences", operation_id="list_competences", responses=problems(401, 403, 422))
async def list_competences(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    which: Annotated[Which, Depends(_which)],
) -> Page[CompetenceOut]:
    """What authorities are competent for on a day."""
    caller.must_be_able_to_somewhere(Action.SEE)
    async with reading(resources, caller) as connection:
        rows = await queries.competences(
            connection, which, after=paging.after_code(), limit=paging.fetch
        )
    return paging.page(rows, lambda row: row, lambda row: (queries.place_of(row.id),))
