"""`/invitations`: invite, resend, revoke, accept."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.api.access.caller import CallerGiven
from services.api.access.transactions import disclosing
from services.api.invitations import inviting, queries
from services.api.invitations.acceptance import accepting
from services.api.invitations.schemas import (
    AcceptanceIn,
    InvitationIn,
    InvitationOut,
    InvitedOut,
    TokenIn,
)
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.people.routes import PersonNumber
from services.api.resources import Given
from services.api.sessions import routes as sessions
from services.api.sessions.schemas import SessionOut
from services.api.sessions.visitor import VisitorGiven
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb

router = APIRouter(tags=["people"])
InvitationNumber = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/invitations", operation_id="list_invitations", responses=problems(401, 403, 422))
async def list_invitations(
    caller: CallerGiven, resources: Given, paging: PagingGiven
) -> Page[InvitationOut]:
    """Those within one's own place, newest first; addresses only where one may see people."""
    managed = caller.must_be_able_to_somewhere(Action.MANAGE_PEOPLE)
    async with disclosing(
        resources, caller, Deed(Verb.LIST, Subject.INVITATION, "all")
    ) as connection:
        rows = await queries.listed(
            connection,
            managed,
            caller.scope(Action.SEE_PEOPLE),
            before=paging.before_moment(),
            limit=paging.fetch,
        )
    return paging.page(
        rows, lambda row: inviting.shown(resources, row), lambda row: (row.invited_at, row.id)
    )


@router.post(
    "/invitations",
    status_code=201,
    operation_id="invite",
    responses=problems(401, 403, 404, 409, 422),
)
async def invite(given: InvitationIn, caller: CallerGiven, resources: Given) -> InvitedOut:
    """To a role that one may give, at a place of one's own. The link is good for 72 hours, once."""
    caller.must_be_able_to_somewhere(Action.MANAGE_PEOPLE)
    return await inviting.invite(resources, caller, given)


@router.post(
    "/people/{person}/reset",
    status_code=201,
    operation_id="reset_person",
    responses=problems(401, 403, 404, 409, 422),
)
async def reset(person: PersonNumber, caller: CallerGiven, resources: Given) -> InvitedOut:
    """For somebody who lost what they prove themselves with: a link to their own address."""
    return await inviting.reset(resources, caller, person)


@router.post(
    "/invitations/{number}/resend",
    operation_id="resend_invitation",
    responses=problems(401, 403, 404, 409, 422),
)
async def resend(number: InvitationNumber, caller: CallerGiven, resources: Given) -> InvitedOut:
    """With a new link; the one before opens nothing any more."""
    return await inviting.resend(resources, caller, number)


@router.post(
    "/invitations/{number}/revoke",
    status_code=204,
    operation_id="revoke_invitation",
    response_class=Response,
    responses=problems(401, 403, 404, 409, 422),
)
async def revoke(number: InvitationNumber, caller: CallerGiven, resources: Given) -> None:
    """Its link opens nothing any more."""
    await inviting.revoke(resources, caller, number)


@router.post(
    "/invitations/acceptance",
    status_code=201,
    operation_id="accept_invitation",
    responses=problems(409, 422),
)
async def accept(given: AcceptanceIn, resources: Given, visitor: VisitorGiven) -> SessionOut:
    """With the link's secret: choose a passphrase, and be logged in."""
    return sessions.shown(await accepting.accept(resources, given, visitor))


@router.post(
    "/invitations/acceptance/own",
    status_code=204,
    operation_id="accept_another_role",
    response_class=Response,
    responses=problems(401, 403, 409, 422),
)
async def accept_as_oneself(given: TokenIn, caller: CallerGiven, resources: Given) -> None:
    """Another role for somebody who is logged in."""
    await accepting.accept_as_oneself(resources, given.token, caller)
