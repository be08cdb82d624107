"""`/people`: who works where in which role; give roles, end them, close accounts."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from services.api.access.caller import Caller, CallerGiven
from services.api.access.transactions import disclosing, reading
from services.api.console.folding import words_in
from services.api.inputs import Text
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.people import queries
from services.api.people.queries import Person, Seen, Which
from services.api.people.roles import changing
from services.api.people.schemas import AppointmentIn, EndIn, HeldOut, PersonOut, TermIn
from services.api.problems import ForbiddenError, InvalidError, MissingError
from services.api.resources import Given, Resources
from shared.domain.access import Role
from shared.domain.deeds import Deed, Subject, Verb

router = APIRouter(prefix="/people", tags=["people"])
PersonNumber = Annotated[int, Path(ge=1, lt=2**63)]
RoleNumber = Annotated[int, Path(ge=1, lt=2**63)]
_MOST_DIGITS = 18


def _which(
    q: Annotated[Text, Query(max_length=200, description="In name or address, marks or not")] = "",
    role: Role | None = None,
    facility: Annotated[Text | None, Query(max_length=200)] = None,
    admin_unit: Annotated[Text | None, Query(max_length=200)] = None,
) -> Which:
    return Which(words_in(q), role, facility, admin_unit)


@router.get("", operation_id="list_people", responses=problems(401, 403, 422))
async def list_people(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    which: Annotated[Which, Depends(_which)],
) -> Page[PersonOut]:
    """Who holds, held or will hold a role within one's place. Without the right to see people,
    these are numbers and roles.
    """
    after = _after(paging.after_code())
    rows = await listed(resources, caller, which, after=after, limit=paging.fetch)
    return paging.page(rows, lambda row: row, lambda row: (str(row.id),))


async def listed(
    resources: Resources, caller: Caller, which: Which, *, after: int, limit: int
) -> list[PersonOut]:
    seen = _seen(caller)
    deed = Deed(Verb.LIST, Subject.PERSON, "all" if not which.facility else which.facility)
    async with disclosing(resources, caller, deed) as connection:
        found = await queries.people(connection, seen, which, after=after, limit=limit)
        roles = await queries.roles_of(connection, seen, [one.id for one in found])
    return [_shown(one, seen, roles.get(one.id, [])) for one in found]


@router.get("/{person}", operation_id="read_person", responses=problems(401, 403, 404, 422))
async def read(person: PersonNumber, caller: CallerGiven, resources: Given) -> PersonOut:
    """One of them."""
    seen = _seen(caller)
    async with reading(resources, caller) as connection:
        if await queries.person(connection, seen, person) is None:
            raise MissingError("person")
    deed = Deed(Verb.READ, Subject.PERSON, str(person))
    async with disclosing(resources, caller, deed) as connection:
        found = await changing.seen_person(connection, person, caller)
        roles = await queries.roles_of(connection, seen, [person])
    return _shown(found, seen, roles.get(person, []))


@router.post(
    "/{person}/roles",
    status_code=201,
    operation_id="give_role",
    responses=problems(401, 403, 404, 409, 422),
)
async def give(
    person: PersonNumber, given: AppointmentIn, caller: CallerGiven, resources: Given
) -> HeldOut:
    """Within what one may give, at one's own place; never to oneself."""
    role_id = await changing.give(resources, caller, person, given)
    return await _role(resources, caller, person, role_id)


@router.patch(
    "/{person}/roles/{number}",
    operation_id="move_end_of_role",
    responses=problems(401, 403, 404, 409, 422),
)
async def move_end(
    person: PersonNumber, number: RoleNumber, given: TermIn, caller: CallerGiven, resources: Given
) -> HeldOut:
    """Let a role end at another time."""
    await changing.move_end(resources, caller, person, number, valid_to=given.valid_to)
    return await _role(resources, caller, person, number)


@router.post(
    "/{person}/roles/{number}/end",
    status_code=204,
    operation_id="end_role",
    response_class=Response,
    responses=problems(401, 403, 404, 409, 422),
)
async def end(
    person: PersonNumber, number: RoleNumber, given: EndIn, caller: CallerGiven, resources: Given
) -> None:
    """Now, and with it every session of theirs. The last administrator stays."""
    await changing.end(resources, caller, person, number, because=given.because)


@router.post(
    "/{person}/disable",
    status_code=204,
    operation_id="disable_person",
    response_class=Response,
    responses=problems(401, 403, 404, 409, 422),
)
async def disable(
    person: PersonNumber, given: EndIn, caller: CallerGiven, resources: Given
) -> None:
    """Close an account: every session ends, and nothing opens it. Needs the right to give every
    role that they hold.
    """
    await changing.disable(resources, caller, person, because=given.because)


@router.post(
    "/{person}/enable",
    status_code=204,
    operation_id="enable_person",
    response_class=Response,
    responses=problems(401, 403, 404, 409, 422),
)
async def enable(person: PersonNumber, caller: CallerGiven, resources: Given) -> None:
    """Open a closed account again."""
    await changing.enable(resources, caller, person)


async def _role(resources: Resources, caller: Caller, person_id: int, role_id: int) -> HeldOut:
    async with reading(resources, caller) as connection:
        roles = await queries.roles_of(connection, _seen(caller), [person_id])
    return next(role for role, _ in roles[person_id] if role.id == role_id)


def _seen(caller: Caller) -> Seen:
    seen = changing.seen_by(caller)
    if seen.managed.is_nowhere and seen.named.is_nowhere:
        raise ForbiddenError("None of your roles allows this.")
    return seen


def _shown(person: Person, seen: Seen, roles: list[tuple[HeldOut, bool]]) -> PersonOut:
    """By name only where a role of theirs lies in a place whose people the caller may see."""
    is_named = seen.named.is_everywhere or any(is_named for _, is_named in roles)
    return PersonOut(
        id=person.id,
        name=person.name if is_named else None,
        email=person.email if is_named else None,
        language="en" if person.language == "en" else "vi",
        created_at=person.created_at,
        disabled_at=person.disabled_at,
        roles=[role for role, _ in roles],
    )


def _after(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise InvalidError("query.cursor", "This is no cursor of this list.", "Send `next` as is.")
    return int(text)
