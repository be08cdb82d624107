"""Inviting in the console: whom to which role, and what became of it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller
from services.api.access.transactions import disclosing
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.invitations import inviting, queries
from services.api.invitations.routes import InvitationNumber
from services.api.invitations.schemas import InvitationIn, InvitedOut
from services.api.people import choices as offering
from services.api.people.pages import fault_of, role_words
from services.api.problems import ConflictError, ForbiddenError, MissingError
from services.api.resources import Given, Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb

router = APIRouter()
#: As many as a page shows, newest first.
MOST = 100


@router.get("/people/invitations")
async def invitations(
    request: Request,
    viewer: Viewer,
    resources: Given,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    return await _sheet(request, viewer, resources, done=done == "revoked")


@router.post("/people/invitations")
async def invite(request: Request, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    viewer.must_be_able_to_somewhere(Action.MANAGE_PEOPLE)
    try:
        wanted = offering.appointment_in(typed, now=resources.now())
        addressed = {name: typed[name] for name in ("email", "language") if name in typed}
        given = InvitationIn.model_validate({**wanted.model_dump(), **addressed})
        invited = await inviting.invite(resources, viewer, given)
    except (ValueError, ConflictError, ForbiddenError, MissingError) as refusal:
        fault = fault_of(refusal, frame(request, viewer).translator)
        return await _sheet(request, viewer, resources, typed=typed, fault=fault)
    return _handed_over(request, viewer, invited)


@router.post("/people/invitations/{number}/resend")
async def resend(
    request: Request, number: InvitationNumber, viewer: Viewer, resources: Given
) -> Response:
    try:
        invited = await inviting.resend(resources, viewer, number)
    except (ConflictError, ForbiddenError) as refusal:
        fault = fault_of(refusal, frame(request, viewer).translator)
        return await _sheet(request, viewer, resources, fault=fault)
    return _handed_over(request, viewer, invited)


@router.post("/people/invitations/{number}/revoke")
async def revoke(
    request: Request, number: InvitationNumber, viewer: Viewer, resources: Given
) -> Response:
    try:
        await inviting.revoke(resources, viewer, number)
    except (ConflictError, ForbiddenError) as refusal:
        fault = fault_of(refusal, frame(request, viewer).translator)
        return await _sheet(request, viewer, resources, fault=fault)
    return RedirectResponse("/people/invitations?done=revoked", HTTPStatus.SEE_OTHER)


def _handed_over(request: Request, viewer: Caller, invited: InvitedOut) -> Response:
    """The link is shown this once."""
    own = frame(request, viewer)
    return page(
        own,
        "people_invited.html",
        status=HTTPStatus.CREATED,
        invited=invited.invitation,
        link=invited.link,
        roles=role_words(own.translator),
    )


async def _sheet(
    request: Request,
    viewer: Caller,
    resources: Resources,
    *,
    typed: dict[str, str] | None = None,
    fault: str = "",
    done: bool = False,
) -> Response:
    managed = viewer.must_be_able_to_somewhere(Action.MANAGE_PEOPLE)
    own = frame(request, viewer)
    deed = Deed(Verb.LIST, Subject.INVITATION, "all")
    async with disclosing(resources, viewer, deed) as connection:
        rows = await queries.listed(
            connection, managed, viewer.scope(Action.SEE_PEOPLE), before=None, limit=MOST
        )
    return page(
        own,
        "people_invitations.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        invitations=[inviting.shown(resources, row) for row in rows],
        offered=await offering.choices(resources, viewer, own.translator),
        roles=role_words(own.translator),
        typed=typed or {},
        fault=fault,
        is_done=done,
    )
