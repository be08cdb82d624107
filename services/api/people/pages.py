"""People in the console: who works where, in which role; what one may give, end and close."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller
from services.api.console.folding import words_in
from services.api.console.forms import Typed
from services.api.console.frames import feed_of, frame
from services.api.console.refusals import SOMETHING, wrong_fields
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.invitations import inviting
from services.api.people import choices as offering
from services.api.people import routes
from services.api.people.queries import Which
from services.api.people.routes import PersonNumber, RoleNumber
from services.api.people.schemas import EndIn, TermIn
from services.api.people.words import REFUSALS, ROLES
from services.api.problems import ConflictError, ForbiddenError, MissingError, RequestError
from services.api.resources import Given, Resources
from shared.domain.access import Action, Role
from shared.i18n import Translator, marked

router = APIRouter()
PAGE_SIZE: Final = 50
#: What has just been done, by the word in the address.
DONE: Final = {
    "given": marked("The role is given."),
    "moved": marked("The end of the role was changed."),
    "ended": marked("The role has ended, and all their sessions with it."),
    "disabled": marked("The account is closed, and all their sessions have ended."),
    "enabled": marked("The account is open again."),
    "reset": marked("A link was mailed to their own address. It is good for three days."),
}


@router.get("/people")
async def people(
    request: Request,
    viewer: Viewer,
    resources: Given,
    q: Annotated[str, Query(max_length=200)] = "",
    role: Annotated[str, Query(max_length=40)] = "",
    after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
) -> Response:
    which = Which(words_in(q), Role(role) if role in set(Role) else None)
    rows = await routes.listed(resources, viewer, which, after=after, limit=PAGE_SIZE + 1)
    own = frame(request, viewer)
    next_after = rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None
    return page(
        own,
        "people.html",
        people=rows[:PAGE_SIZE],
        q=q,
        role=role,
        roles=role_words(own.translator),
        next_query=urlencode({"q": q, "role": role, "after": next_after}) if next_after else None,
        may_invite=not viewer.scope(Action.MANAGE_PEOPLE).is_nowhere,
        now=resources.now(),
    )


@router.get("/people/{person}")
async def person(
    request: Request,
    person: PersonNumber,
    viewer: Viewer,
    resources: Given,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    return await _sheet(request, viewer, resources, person, done=done)


@router.post("/people/{person}/roles")
async def give(
    request: Request, person: PersonNumber, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    async def work() -> None:
        given = offering.appointment_in(typed, now=resources.now())
        await routes.give(person, given, viewer, resources)

    return await _done(request, viewer, resources, person, ("given", work))


@router.post("/people/{person}/roles/{number}/move")
async def move(
    request: Request,
    person: PersonNumber,
    number: RoleNumber,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    async def work() -> None:
        term = TermIn(valid_to=offering.last_day(typed.get("valid_to")))
        await routes.move_end(person, number, term, viewer, resources)

    return await _done(request, viewer, resources, person, ("moved", work))


@router.post("/people/{person}/roles/{number}/end")
async def end(
    request: Request,
    person: PersonNumber,
    number: RoleNumber,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    async def work() -> None:
        given = EndIn(because=typed.get("because", ""))
        await routes.end(person, number, given, viewer, resources)

    return await _done(request, viewer, resources, person, ("ended", work))


@router.post("/people/{person}/disable")
async def disable(
    request: Request, person: PersonNumber, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    async def work() -> None:
        given = EndIn(because=typed.get("because", ""))
        await routes.disable(person, given, viewer, resources)

    return await _done(request, viewer, resources, person, ("disabled", work))


@router.post("/people/{person}/enable")
async def enable(
    request: Request, person: PersonNumber, viewer: Viewer, resources: Given
) -> Response:
    async def work() -> None:
        await routes.enable(person, viewer, resources)

    return await _done(request, viewer, resources, person, ("enabled", work))


@router.post("/people/{person}/reset")
async def reset(
    request: Request, person: PersonNumber, viewer: Viewer, resources: Given
) -> Response:
    async def work() -> None:
        await inviting.reset(resources, viewer, person)

    return await _done(request, viewer, resources, person, ("reset", work))


async def _done(
    request: Request,
    viewer: Caller,
    resources: Resources,
    person: int,
    what: tuple[str, Callable[[], Awaitable[None]]],
) -> Response:
    """Back to the person's page; or that page, with what was wrong."""
    word, work = what
    try:
        await work()
    except (ValueError, ConflictError, ForbiddenError, MissingError) as refusal:
        if isinstance(refusal, MissingError) and "person" in refusal.detail:
            raise
        t = frame(request, viewer).translator
        return await _sheet(request, viewer, resources, person, fault=fault_of(refusal, t))
    feed_of(request).nudge()
    return RedirectResponse(f"/people/{person}?done={word}", HTTPStatus.SEE_OTHER)


def fault_of(refusal: RequestError | ValueError, t: Translator) -> str:
    if isinstance(refusal, ValidationError):
        wrong = wrong_fields(refusal)
        if "because" in wrong:
            return t.gettext("Say why: it stays on record.")
        if "email" in wrong:
            return t.gettext("Give an e-mail address.")
    if isinstance(refusal, RequestError):
        return t.gettext(REFUSALS.get(refusal.code, SOMETHING))
    return t.gettext(SOMETHING)


def role_words(t: Translator) -> dict[Role, str]:
    return {role: t.gettext(text) for role, text in ROLES.items()}


async def _sheet(
    request: Request,
    viewer: Caller,
    resources: Resources,
    person: int,
    *,
    done: str = "",
    fault: str = "",
) -> Response:
    own = frame(request, viewer)
    found = await routes.read(person, viewer, resources)
    may_manage = not viewer.scope(Action.MANAGE_PEOPLE).is_nowhere
    offered = await offering.choices(resources, viewer, own.translator) if may_manage else None
    return page(
        own,
        "person.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        person=found,
        is_oneself=person == viewer.user_id,
        offered=offered,
        givable=[role for role, _ in offered.roles] if offered else [],
        roles=role_words(own.translator),
        now=resources.now(),
        done=own.translator.gettext(DONE[done]) if done in DONE else "",
        fault=fault,
    )
