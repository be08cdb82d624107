"""`/grants`: list, propose, read, approve, refuse, revoke, preview; and who read of a facility."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.api.access.caller import CallerGiven
from services.api.access.find import seen_facility
from services.api.access.transactions import changing, reading
from services.api.feeds.agency import AgencyGiven
from services.api.grants import granting, queries
from services.api.grants.schemas import GrantIn, GrantOut, PreviewOut, ReasonIn, SharingOut
from services.api.inputs import FacilityCode
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import ConflictError, MissingError
from services.api.resources import Given
from shared.domain.access import Action, Scope
from shared.domain.deeds import Deed, Subject, Verb

router = APIRouter(tags=["sharing"])
GrantId = Annotated[int, Path(alias="grant", ge=1, le=2**63 - 1)]
_MOST_READS = 200


@router.get("/grants", operation_id="list_grants", responses=problems(401, 403, 422))
async def list_grants(caller: CallerGiven, resources: Given, paging: PagingGiven) -> Page[GrantOut]:
    """The grants that concern what is yours, newest first."""
    scope = caller.must_be_able_to_somewhere(Action.SEE_GRANTS)
    async with reading(resources, caller) as connection:
        rows = await queries.page(
            connection, scope, before=paging.before_moment(), limit=paging.fetch
        )
    return paging.page(
        rows,
        lambda row: granting.out(row, caller, resources),
        lambda row: (row.proposed_at, row.grant.id),
    )


@router.post(
    "/grants",
    status_code=201,
    operation_id="propose_grant",
    responses=problems(401, 403, 404, 422),
)
async def propose(
    given: GrantIn, caller: CallerGiven, resources: Given, response: Response
) -> GrantOut:
    """Propose a grant. It lets nothing through until somebody else approves it."""
    grant = await granting.propose(resources, caller, given)
    response.headers["Location"] = f"/api/v1/grants/{grant.id}"
    return grant


@router.get("/grants/{grant}", operation_id="read_grant", responses=problems(401, 404, 422))
async def read(grant: GrantId, caller: CallerGiven, resources: Given) -> GrantOut:
    """One grant."""
    async with reading(resources, caller) as connection:
        there = await granting.seen(connection, grant, caller)
    return granting.out(there, caller, resources)


@router.get(
    "/grants/{grant}/preview",
    operation_id="preview_grant",
    responses=problems(401, 403, 404, 422),
)
async def preview(grant: GrantId, caller: CallerGiven, resources: Given) -> PreviewOut:
    """What it lets through: the first lines of the last week, as the agency would get them."""
    return await granting.preview(resources, caller, grant)


@router.post(
    "/grants/{grant}/approve",
    operation_id="approve_grant",
    responses=problems(401, 403, 404, 409, 422),
)
async def approve(grant: GrantId, caller: CallerGiven, resources: Given) -> GrantOut:
    """Approve what somebody else proposed."""
    return await granting.approve(resources, caller, grant)


@router.post(
    "/grants/{grant}/refuse",
    operation_id="refuse_grant",
    responses=problems(401, 403, 404, 409, 422),
)
async def refuse(
    grant: GrantId, given: ReasonIn, caller: CallerGiven, resources: Given
) -> GrantOut:
    """Refuse what somebody else proposed, and say on which ground."""
    return await granting.refuse(resources, caller, grant, given.reason)


@router.post(
    "/grants/{grant}/revoke",
    operation_id="revoke_grant",
    responses=problems(401, 403, 404, 409, 422),
)
async def revoke(
    grant: GrantId, given: ReasonIn, caller: CallerGiven, resources: Given
) -> GrantOut:
    """Revoke a grant for good and at once."""
    return await granting.revoke(resources, caller, grant, given.reason)


@router.get(
    "/facilities/{code}/sharing",
    operation_id="read_sharing",
    responses=problems(401, 403, 404),
)
async def sharing(code: FacilityCode, caller: CallerGiven, resources: Given) -> SharingOut:
    """Who may read of a facility, why and until when; and who did, the last two hundred times."""
    async with reading(resources, caller) as connection:
        facility = await seen_facility(connection, code, caller)
        caller.must_be_able_to(Action.SEE_GRANTS, facility)
        own = Scope(facility_ids=(facility.id,))
        grants = await queries.page(connection, own, before=None, limit=_MOST_READS)
        reads = None
        if caller.may(Action.SEE_ACCESS_LOG, facility):
            reads = await queries.reads(connection, own, limit=_MOST_READS)
    return SharingOut(
        grants=[granting.out(one, caller, resources) for one in grants],
        reads=None if reads is None else list(reads),
    )


@router.get(
    "/agency/grants", operation_id="list_own_grants", tags=["agency"],
    responses=problems(401, 429),
)  # fmt: skip
async def own_grants(agency: AgencyGiven, resources: Given) -> Page[GrantOut]:
    """What was granted to the agency that asks, oldest first. There is one page."""
    async with reading(resources, agency) as connection:
        rows = await queries.of_client(connection, agency.client_id)
    return Page(items=[granting.out(row, None, resources) for row in rows], next=None)


@router.delete(
    "/agency/grants/{grant}",
    status_code=204,
    operation_id="give_back_grant",
    tags=["agency"],
    response_class=Response,
    responses=problems(401, 404, 409, 422, 429),
)
async def give_back(grant: GrantId, agency: AgencyGiven, resources: Given) -> None:
    """Give a grant back that the agency does not need any more."""
    deed = Deed(Verb.REVOKE, Subject.GRANT, str(grant))
    async with changing(resources, agency, deed) as connection:
        own = await queries.of_client(connection, agency.client_id)
        if grant not in {one.grant.id for one in own}:
            raise MissingError("grant")
        by = f"client:{agency.client_id}"
        if not await queries.revoke(connection, grant, by=by, reason="", now=resources.now()):
            raise ConflictError("This grant has ended already.", code="not_open")
