"""Puts people on duty and takes them off; whoever is on duty in a role must hold it there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.find import seen_facility
from services.api.access.transactions import changing, disclosing, reading_as_system
from services.api.duty import queries
from services.api.duty.queries import Kept, New, Seen, Which
from services.api.duty.schemas import AssigneeOut, SeriesIn, ShiftIn, ShiftOut
from services.api.ladders.queries import names
from services.api.people import queries as places
from services.api.problems import ConflictError, ForbiddenError, InvalidError, MissingError
from services.api.resources import Resources
from shared.db import in_charge
from shared.db.in_charge import Place, Staff
from shared.domain.access import Action, Role
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.duty import (
    Obstacle,
    Series,
    Shift,
    shifts_of,
    why_no_series,
    why_not_on_duty,
)
from shared.domain.ladders import TELLABLE
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.runtime import logging

log = logging.get(__name__)

#: What is wrong, and what to do.
OBSTACLES: Final[Mapping[Obstacle, tuple[str, str]]] = {
    Obstacle.ENDS_BEFORE_IT_BEGINS: ("It ends before it begins.", "Swap the times."),
    Obstacle.TOO_LONG: ("Nobody is on duty for so long.", "36 hours at most; then another shift."),
    Obstacle.TOO_FAR_AHEAD: ("It is too far ahead.", "90 days from now at most."),
    Obstacle.IN_THE_PAST: ("It is over already.", "Choose a later time."),
    Obstacle.NO_DAYS: ("None of its days is in it.", "Choose other days of the week."),
}


class ShiftError(InvalidError):
    """A shift that cannot stand in the rota."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__("body.ends_at", *OBSTACLES[obstacle])
        self.code = obstacle


def seen_by(caller: Caller) -> Seen:
    return Seen(caller.user_id, caller.scope(Action.WATCH))


@dataclass(frozen=True, slots=True)
class Where:
    """A place by its numbers and its codes."""

    facility_id: int | None = None
    facility: str | None = None
    unit_id: int | None = None
    unit: str | None = None

    @property
    def place(self) -> Place:
        return Place(self.facility_id, self.unit_id)


async def page(
    resources: Resources,
    caller: Caller,
    which: Which,
    *,
    before: tuple[datetime, int] | None,
    limit: int,
) -> list[ShiftOut]:
    """By name, so that somebody looked is on record."""
    async with disclosing(resources, caller, Deed(Verb.LIST, Subject.DUTY, "rota")) as connection:
        kept = await queries.page(connection, seen_by(caller), which, before=before, limit=limit)
    return await shown(resources, caller, kept)


async def shown(resources: Resources, caller: Caller, kept: Sequence[Kept]) -> list[ShiftOut]:
    """Whether they hold the role is looked up as it is; above one's place it is not seen."""
    now, scope = resources.now(), caller.scope(Action.MANAGE_DUTY)
    spots = {Place(one.facility_id, one.unit_id) for one in kept}
    async with reading_as_system(resources) as connection:
        staff = await in_charge.holders(connection, spots, now=now) if spots else {}
    return [
        ShiftOut(
            id=one.id,
            facility=one.facility,
            unit=one.unit,
            place_name=one.facility_name or one.unit_name or "",
            role=Role(one.role),
            person=one.user_id,
            name=one.name,
            is_deputy=one.is_deputy,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            holds_role=_holds(
                staff.get(Place(one.facility_id, one.unit_id), {}), Role(one.role), one.user_id
            ),
            may_cancel=one.cancelled_at is None and one.ends_at > now and one.is_in(scope),
        )
        for one in kept
    ]


async def add_shift(resources: Resources, caller: Caller, given: ShiftIn) -> ShiftOut:
    shift = Shift(given.starts_at, given.ends_at)
    if obstacle := why_not_on_duty(shift, now=resources.now()):
        raise ShiftError(obstacle)
    (made,) = await _add(resources, caller, given, [shift])
    return made


async def add_series(resources: Resources, caller: Caller, given: SeriesIn) -> list[ShiftOut]:
    now = resources.now()
    begins, ends = given.begins.replace(tzinfo=None), given.ends.replace(tzinfo=None)
    series = Series(given.first_on, given.last_on, frozenset(given.weekdays), begins, ends)
    if obstacle := why_no_series(series, now=now):
        raise ShiftError(obstacle)
    return await _add(resources, caller, given, shifts_of(series, now=now))


async def _add(
    resources: Resources, caller: Caller, given: ShiftIn | SeriesIn, shifts: Sequence[Shift]
) -> list[ShiftOut]:
    """All of a series, or none of it."""
    detail: dict[str, object] = {"shifts": len(shifts), "role": given.role}
    deed = Deed(
        Verb.CREATE, Subject.DUTY, str(given.person), given.facility, detail, unit=given.unit
    )
    async with changing(resources, caller, deed) as connection:
        where = await place_of(resources, connection, caller, given.facility, given.unit)
        await _must_hold(resources, where, given.role, given.person)
        new = New(given.role, given.person, given.is_deputy, where.facility_id, where.unit_id)
        for shift in shifts:
            if await queries.overlapping(connection, new, shift):
                raise ConflictError("They are on duty there already.", code="already_on_duty")
        numbers = await queries.add(connection, new, shifts, by=caller.user_id, now=resources.now())
        kept = await queries.of_numbers(connection, numbers, seen_by(caller))
    log.info("duty_arranged", shifts=len(numbers))
    return await shown(resources, caller, kept)


async def cancel(resources: Resources, caller: Caller, shift_id: int) -> None:
    """It stays on record, and nobody is told by it any more."""
    async with disclosing(
        resources, caller, Deed(Verb.READ, Subject.DUTY, str(shift_id))
    ) as connection:
        kept = await queries.one(connection, shift_id, seen_by(caller))
    if kept is None:
        raise MissingError("shift")
    if not kept.is_in(caller.scope(Action.MANAGE_DUTY)):
        raise ForbiddenError("This shift is not yours to cancel.")
    if kept.ends_at <= resources.now():
        raise ConflictError("This shift is over.", code="over")
    deed = Deed(
        Verb.REMOVE, Subject.DUTY, str(shift_id), kept.facility, {"role": kept.role},
        unit=kept.unit,
    )  # fmt: skip
    async with changing(resources, caller, deed) as connection:
        now = resources.now()
        if not await queries.cancel(connection, shift_id, by=caller.user_id, now=now):
            raise ConflictError("This shift was cancelled already.", code="cancelled")
    log.info("duty_cancelled", shift_id=shift_id)


async def place_of(
    resources: Resources,
    connection: AsyncConnection,
    caller: Caller,
    facility: str | None,
    unit: str | None,
) -> Where:
    """Where the caller arranges duty; what is not theirs to see is not there."""
    scope = caller.must_be_able_to_somewhere(Action.MANAGE_DUTY)
    if facility is not None:
        found = await seen_facility(connection, facility, caller)
        caller.must_be_able_to(Action.MANAGE_DUTY, found)
        return Where(facility_id=found.id, facility=found.code)
    today = local_day(resources.now(), COUNTRY_TIME_ZONE)
    there = await places.unit(connection, unit or "", on=today)
    if there is None:
        raise MissingError("unit")
    if not scope.covers_unit(there.id):
        raise ForbiddenError("The rota of this unit is not yours to arrange.")
    return Where(unit_id=there.id, unit=there.code)


async def assignees(
    resources: Resources, caller: Caller, facility: str | None, unit: str | None
) -> list[AssigneeOut]:
    """Who can be put on duty there, by name to whoever may know names."""
    key = facility or unit or ""
    deed = Deed(Verb.LIST, Subject.DUTY, f"assignees/{key}", facility, unit=unit)
    async with disclosing(resources, caller, deed) as connection:
        where = await place_of(resources, connection, caller, facility, unit)
        staff = await _staff(resources, where)
        people = {
            (role, holder.recipient.user_id): holder.is_deputy
            for role, known in staff.items()
            if role in TELLABLE and role is not Role.SYS_ADMIN
            for holder in known
        }
        known_as = await names(connection, {user_id for _, user_id in people})
    return [
        AssigneeOut(person=user_id, name=known_as[user_id], role=role, is_deputy=is_deputy)
        for (role, user_id), is_deputy in sorted(people.items())
    ]


async def _staff(resources: Resources, where: Where) -> Staff:
    async with reading_as_system(resources) as connection:
        found = await in_charge.holders(connection, [where.place], now=resources.now())
    return found.get(where.place, {})


async def _must_hold(resources: Resources, where: Where, role: Role, person: int) -> None:
    if not _holds(await _staff(resources, where), role, person):
        raise InvalidError(
            "body.person", "They do not hold this role there.", "Choose one of `/duty/assignees`."
        )


def _holds(staff: Staff, role: Role, person: int) -> bool:
    return any(holder.recipient.user_id == person for holder in staff.get(role, ()))
