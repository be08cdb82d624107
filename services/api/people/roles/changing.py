"""Gives, moves and ends roles, and closes accounts: by whom it may be done, and on record."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.transactions import changing, reading, reading_as_system
from services.api.guessing import queries as guessing
from services.api.people import queries as people
from services.api.people.places import Place, assignments, place_of
from services.api.people.queries import Person, Seen
from services.api.people.roles import queries
from services.api.people.roles.queries import Appointment, Standing
from services.api.people.schemas import AppointmentIn
from services.api.problems import ConflictError, ForbiddenError, MissingError
from services.api.resources import Resources
from services.api.sessions import queries as sessions
from shared.domain.access import Action, Role
from shared.domain.appointments import (
    Refusal,
    Term,
    Where,
    is_last,
    may_give,
    why_not,
    why_not_until,
)
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

log = logging.get(__name__)

_SAID: Final = {
    Refusal.NOT_YOURS_TO_GIVE: "This role is not yours to give or to end here.",
    Refusal.WRONG_PLACE: "This role is not held at such a place.",
    Refusal.NEEDS_END: "This role is given for a time: say until when.",
    Refusal.TOO_LONG: "This role is not given for so long.",
    Refusal.ENDS_BEFORE_IT_BEGINS: "It would end before it begins.",
    Refusal.IN_THE_PAST: "It would lie in the past.",
    Refusal.NEEDS_BASIS: "Say by what law, and with how much of their working time.",
    Refusal.ONESELF: "Nobody does this to themselves.",
    Refusal.LAST_ONE: "Nobody could let others in any more: appoint another administrator first.",
}


class RefusedError(ConflictError):
    """An appointment that is not made, changed or ended; the code says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(_SAID[refusal], code=refusal)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Wanted:
    """An appointment that may be made."""

    place: Place
    appointment: Appointment


def seen_by(caller: Caller) -> Seen:
    return Seen(caller.scope(Action.MANAGE_PEOPLE), caller.scope(Action.SEE_PEOPLE))


async def appointment_of(
    connection: AsyncConnection, given: AppointmentIn, caller: Caller, *, now: datetime
) -> Wanted:
    """Whether the caller may give it, and it may be given at all. Raises `RefusedError`."""
    place = await place_of(connection, given, caller, now=now)
    if not may_give(assignments(caller), given.role, place.where, children_of=caller.children_of):
        raise ForbiddenError(_SAID[Refusal.NOT_YOURS_TO_GIVE])
    begins = given.valid_from or now
    term = Term(begins, given.valid_to, given.legal_basis, given.time_share_percent)
    refusal = why_not(given.role, place.where, term, now=now)
    if refusal is not None:
        raise RefusedError(refusal)
    appointment = Appointment(
        role=given.role,
        where=place.where,
        valid_from=begins,
        valid_to=given.valid_to,
        authority_id=place.authority_id,
        legal_basis=given.legal_basis,
        is_deputy=given.is_deputy,
        time_share_percent=given.time_share_percent,
        given_by=caller.user_id,
    )
    return Wanted(place, appointment)


async def seen_person(connection: AsyncConnection, person_id: int, caller: Caller) -> Person:
    person = await people.person(connection, seen_by(caller), person_id)
    if person is None:
        raise MissingError("person")
    return person


async def give(resources: Resources, caller: Caller, person_id: int, given: AppointmentIn) -> int:
    """To somebody whom the caller knows of already."""
    _must_be_another(caller, person_id)
    now = resources.now()
    deed = _deed(Verb.CREATE, person_id, given.role, given.facility, given.admin_unit)
    async with changing(resources, caller, deed) as connection:
        person = await seen_person(connection, person_id, caller)
        wanted = await appointment_of(connection, given, caller, now=now)
        if person.disabled_at is not None:
            raise ConflictError("This account is closed. Open it first.", code="disabled")
        role_id = await queries.give(connection, person_id, wanted.appointment)
    log.info("role_given", user_id=person_id, role=given.role)
    return role_id


async def end(
    resources: Resources, caller: Caller, person_id: int, role_id: int, *, because: str
) -> None:
    """At once: what is open of theirs ends too."""
    now = resources.now()
    held = await _standing(resources, caller, person_id, role_id)
    deed = _deed(Verb.REMOVE, person_id, held.role, held.facility, held.admin_unit)
    async with changing(resources, caller, deed) as connection:
        await _must_not_be_last(connection, held, at=now)
        await queries.end(connection, role_id, at=now, by=caller.user_id, because=because)
        await sessions.end_all(connection, person_id)
    log.info("role_ended", user_id=person_id, role=held.role)


async def move_end(
    resources: Resources,
    caller: Caller,
    person_id: int,
    role_id: int,
    *,
    valid_to: datetime | None,
) -> None:
    """Longer is given anew, so nobody does it to themselves."""
    _must_be_another(caller, person_id)
    now = resources.now()
    held = await _standing(resources, caller, person_id, role_id)
    refusal = why_not_until(held.role, held.valid_from, valid_to, now=now)
    if refusal is not None:
        raise RefusedError(refusal)
    deed = _deed(Verb.CHANGE, person_id, held.role, held.facility, held.admin_unit)
    async with changing(resources, caller, deed) as connection:
        if valid_to is not None:
            await _must_not_be_last(connection, held, at=valid_to)
        await queries.move_end(connection, role_id, valid_to, by=caller.user_id)


async def disable(resources: Resources, caller: Caller, person_id: int, *, because: str) -> None:
    """Nothing of theirs stays open, and no link lets them in again."""
    _must_be_another(caller, person_id)
    now = resources.now()
    deed = Deed(Verb.REVOKE, Subject.PERSON, str(person_id))
    held = await must_answer_for(resources, caller, person_id)
    # Their own words stand where the log keeps why, and not among what was changed.
    async with changing(resources, replace(caller, purpose=because), deed) as connection:
        for one in held:
            await _must_not_be_last(connection, one, at=now)
        await queries.disable(connection, person_id, at=now)
        await queries.void_resets(connection, person_id, now=now)
        await sessions.end_all(connection, person_id)
        await guessing.forget_devices(connection, person_id)
    log.info("person_disabled", user_id=person_id)


async def enable(resources: Resources, caller: Caller, person_id: int) -> None:
    """They log in with what they had; sessions do not come back."""
    _must_be_another(caller, person_id)
    await must_answer_for(resources, caller, person_id)
    deed = Deed(Verb.UNDO, Subject.PERSON, str(person_id))
    async with changing(resources, caller, deed) as connection:
        await queries.disable(connection, person_id, at=None)


async def must_answer_for(
    resources: Resources, caller: Caller, person_id: int
) -> Iterable[Standing]:
    """Whoever could give every role that somebody holds, anywhere; and whoever runs the service.

    Less would let the manager of a home close, or take over, the account of a department that
    also works there.
    """
    await _must_be_visible(resources, caller, person_id)
    async with reading_as_system(resources) as connection:
        held = await queries.all_standing(connection, person_id, now=resources.now())
    runs_it = any(own.role is Role.SYS_ADMIN for own in assignments(caller))
    if not runs_it and not all(_may_give(caller, one.role, one.where) for one in held):
        raise ForbiddenError("They hold roles that are not yours to give.")
    if not runs_it and not held:
        raise ForbiddenError("They hold no role that is yours to give.")
    return held


async def _must_be_visible(resources: Resources, caller: Caller, person_id: int) -> None:
    """To the caller; what they hold elsewhere is looked up without them."""
    async with reading(resources, caller) as connection:
        await seen_person(connection, person_id, caller)


async def _standing(resources: Resources, caller: Caller, person_id: int, role_id: int) -> Standing:
    await _must_be_visible(resources, caller, person_id)
    async with reading_as_system(resources) as connection:
        held = await queries.standing(connection, person_id, role_id)
    if held is None or not _is_managed(caller, held.where):
        raise MissingError("role")
    if not _may_give(caller, held.role, held.where):
        raise ForbiddenError(_SAID[Refusal.NOT_YOURS_TO_GIVE])
    if held.valid_to is not None and held.valid_to <= resources.now():
        raise ConflictError("This role has ended.", code="ended")
    return held


def _is_managed(caller: Caller, where: Where) -> bool:
    scope = caller.scope(Action.MANAGE_PEOPLE)
    if where.facility_id is not None and where.admin_unit_id is not None:
        return scope.covers(facility_id=where.facility_id, admin_unit_id=where.admin_unit_id)
    if where.admin_unit_id is not None:
        return scope.covers_unit(where.admin_unit_id)
    return scope.is_everywhere


def _may_give(caller: Caller, role: Role, where: Where) -> bool:
    return may_give(assignments(caller), role, where, children_of=caller.children_of)


def _must_be_another(caller: Caller, person_id: int) -> None:
    if caller.user_id == person_id:
        raise RefusedError(Refusal.ONESELF)


async def _must_not_be_last(connection: AsyncConnection, held: Standing, *, at: datetime) -> None:
    await queries.wait_in_turn(connection)
    others = await queries.others_who_hold(connection, held.role, held.user_id, at=at)
    if is_last(held.role, others=others):
        raise RefusedError(Refusal.LAST_ONE)


def _deed(verb: Verb, person_id: int, role: Role, facility: str | None, unit: str | None) -> Deed:
    return Deed(
        verb, Subject.ROLE, str(person_id), facility=facility, unit=unit, detail={"role": role}
    )
