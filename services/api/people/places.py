"""Where roles are held: from the codes that a form names to a place that the caller manages."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access import queries as access
from services.api.access.caller import Caller
from services.api.people import queries
from services.api.people.schemas import AppointmentIn
from services.api.problems import InvalidError, MissingError
from shared.domain.access import Action, Assignment, PlaceKind
from shared.domain.appointments import Where
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day


@dataclass(frozen=True, slots=True)
class Place:
    """Where, and by which codes people know it."""

    where: Where
    facility: str | None = None
    admin_unit: str | None = None
    authority_id: int | None = None


async def place_of(
    connection: AsyncConnection, given: AppointmentIn, caller: Caller, *, now: datetime
) -> Place:
    """Within what the caller manages; anything else is not there."""
    if given.facility is not None and given.admin_unit is not None:
        raise InvalidError("body.facility", "Two places are named.", "Name one.")
    authority_id = await _authority_of(connection, given.authority, now=now)
    scope = caller.scope(Action.MANAGE_PEOPLE)
    if given.facility is not None:
        facility = await access.facility_in(connection, given.facility, scope)
        if facility is None:
            raise MissingError("facility")
        where = Where(PlaceKind.FACILITY, facility.id, facility.admin_unit_id)
        return Place(where, facility=facility.code, authority_id=authority_id)
    if given.admin_unit is not None:
        unit = await queries.unit(
            connection, given.admin_unit, on=local_day(now, COUNTRY_TIME_ZONE)
        )
        if unit is None or not scope.covers_unit(unit.id):
            raise MissingError("unit")
        where = Where(PlaceKind(unit.level), admin_unit_id=unit.id)
        return Place(where, admin_unit=unit.code, authority_id=authority_id)
    return Place(Where(PlaceKind.EVERYWHERE), authority_id=authority_id)


def assignments(caller: Caller) -> list[Assignment]:
    return [held.assignment for held in caller.held]


async def _authority_of(
    connection: AsyncConnection, code: str | None, *, now: datetime
) -> int | None:
    if code is None:
        return None
    found = await queries.authority_id(connection, code, on=local_day(now, COUNTRY_TIME_ZONE))
    if found is None:
        raise InvalidError(
            "body.authority", "There is no such authority today.", "Name one of `/authorities`."
        )
    return found
