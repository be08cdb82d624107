"""`/access-log`: lines for those whom they concern; heads and proofs for whoever keeps them."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response

from services.api.access.caller import CallerGiven
from services.api.access.transactions import reading_as_system
from services.api.access_log import csv_file, reading
from services.api.access_log.asked import AskedGiven
from services.api.access_log.schemas import ConsistencyOut, HeadOut, InclusionOut, LineOut
from services.api.access_log.seals import proofs, queries
from services.api.feeds.agency import AgencyGiven
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import InvalidError, MissingError
from services.api.resources import Given, Resources
from shared.domain import merkle
from shared.domain.ledger import SignedHead

router = APIRouter(prefix="/access-log", tags=["access log"])
of_agencies = APIRouter(prefix="/agency/access-log", tags=["agency"])
Number = Annotated[int, Path(ge=1, lt=2**63)]
HEAD: Final = ("n", "at", "actor", "roles", "verb", "subject", "key", "facility", "purpose")


@router.get("", operation_id="list_access_log", responses=problems(401, 403, 404, 422))
async def list_lines(
    asked: AskedGiven, caller: CallerGiven, resources: Given, paging: PagingGiven
) -> Page[LineOut]:
    """Who read and changed what, newest first: what concerns the data you own or oversee.

    People are named only where you may see people. That you looked is on record, too.
    """
    before = paging.before_moment()
    rows = await reading.page(
        resources, caller, asked, before=before and before[1], limit=paging.fetch
    )
    return paging.page(rows, lambda row: row, lambda row: (row.at, row.n))


@router.get("/own", operation_id="list_own_deeds", responses=problems(401, 422))
async def list_own(caller: CallerGiven, resources: Given, paging: PagingGiven) -> Page[LineOut]:
    """What is on record of you, newest first."""
    before = paging.before_moment()
    rows = await reading.own(resources, caller, before=before and before[1], limit=paging.fetch)
    return paging.page(rows, lambda row: row, lambda row: (row.at, row.n))


@router.get(
    "/export",
    operation_id="export_access_log",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **problems(401, 403, 404, 422)},
)
async def export(asked: AskedGiven, caller: CallerGiven, resources: Given) -> Response:
    """The same as CSV, with numbers instead of names. One with names needs an approval."""
    return table(await reading.export(resources, caller, asked))


def table(lines: Sequence[LineOut]) -> Response:
    """With numbers instead of names."""
    rows = (
        (
            line.n, line.at.isoformat(), line.by.actor, " ".join(line.by.roles), line.verb,
            line.subject, line.key, line.facility, line.purpose,
        )
        for line in lines
    )  # fmt: skip
    return csv_file.answer("access-log.csv", HEAD, rows)


After = Annotated[int, Query(ge=0, lt=2**63, description="The number of the last you have")]
Most = Annotated[int, Query(alias="limit", ge=1, le=1000)]
First = Annotated[int, Query(alias="from", ge=1, lt=2**63, description="Number of a head")]
Second = Annotated[int, Query(alias="to", ge=1, lt=2**63, description="Number of a later one")]


@router.get("/heads", operation_id="list_access_log_heads", responses=problems(401, 422))
async def list_heads(
    _: CallerGiven, resources: Given, after: After = 0, most: Most = 200
) -> Page[HeadOut]:
    """The heads of the log, oldest first. Keep them: they witness that its past was not rewritten.

    `next` is the `after` of the following page.
    """
    return await _heads(resources, after, most)


@of_agencies.get("/heads", operation_id="pull_access_log_heads", responses=problems(401, 422, 429))
async def pull_heads(
    _: AgencyGiven, resources: Given, after: After = 0, most: Most = 200
) -> Page[HeadOut]:
    """The heads of the log, oldest first. Keep them: then nobody here can rewrite the past unseen.

    `next` is the `after` of the following page.
    """
    return await _heads(resources, after, most)


async def _heads(resources: Resources, after: int, most: int) -> Page[HeadOut]:
    async with reading_as_system(resources) as connection:
        found = await queries.heads(connection, after=after, limit=most + 1)
    shown = found[:most]
    more = str(shown[-1].head.number) if len(found) > most else None
    return Page(items=[_shown(one) for one in shown], next=more)


@router.get(
    "/heads/latest", operation_id="read_latest_access_log_head", responses=problems(401, 404)
)
async def read_latest(_: CallerGiven, resources: Given) -> HeadOut:
    """The newest head."""
    async with reading_as_system(resources) as connection:
        found = await queries.last(connection)
    if found is None:
        raise MissingError("head")
    return _shown(found)


@router.get(
    "/consistency", operation_id="prove_access_log_growth", responses=problems(401, 404, 422)
)
async def prove_growth(
    _: CallerGiven, resources: Given, first: First, second: Second
) -> ConsistencyOut:
    """Proves that between two heads the log only grew."""
    return await _growth(resources, first, second)


@of_agencies.get(
    "/consistency",
    operation_id="pull_access_log_growth",
    responses=problems(401, 404, 422, 429),
)
async def pull_growth(
    _: AgencyGiven, resources: Given, first: First, second: Second
) -> ConsistencyOut:
    """Proves that between two heads the log only grew."""
    return await _growth(resources, first, second)


async def _growth(resources: Resources, first: int, second: int) -> ConsistencyOut:
    if first > second:
        raise InvalidError("query.to", "It is the earlier head.", "Swap `from` and `to`.")
    async with reading_as_system(resources) as connection:
        old = await queries.head(connection, first)
        new = await queries.head(connection, second)
        if old is None or new is None:
            raise MissingError("head")
        spans = merkle.consistency(old.head.size, new.head.size)
        path = await proofs.roots(connection, spans)
    return ConsistencyOut(first=_shown(old), second=_shown(new), proof=[one.hex() for one in path])


@router.get(
    "/{n}/proof", operation_id="prove_access_log_line", responses=problems(401, 403, 404, 409, 422)
)
async def prove_line(n: Number, caller: CallerGiven, resources: Given) -> InclusionOut:
    """Proves that a line is under a head: nobody can take it out again unseen."""
    return await reading.inclusion(resources, caller, n)


def _shown(one: SignedHead) -> HeadOut:
    return HeadOut(**one.as_json())
