"""Puts facilities on record: registered by who decides, or found by whoever came across them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access import queries as places
from services.api.access.caller import Caller
from services.api.access.transactions import changing
from services.api.facilities import queries
from services.api.facilities.schemas import FacilityIn
from services.api.problems import ConflictError, MissingError
from services.api.resources import Resources
from shared.domain.access import Action, Scope
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.runtime import logging

log = logging.get(__name__)


async def register(resources: Resources, caller: Caller, given: FacilityIn) -> None:
    caller.must_be_able_to_somewhere(Action.REGISTER_FACILITY)
    deed = Deed(Verb.CREATE, Subject.FACILITY, given.code, given.code)
    async with changing(resources, caller, deed) as connection:
        await add(connection, caller, given, Action.REGISTER_FACILITY, now=resources.now())
    log.info("facility_registered", facility=given.code)


async def add(
    connection: AsyncConnection, caller: Caller, given: FacilityIn, action: Action, *, now: datetime
) -> int:
    """Its id. Raises if the code was given before, or the unit is not the caller's."""
    scope = caller.must_be_able_to_somewhere(action)
    today = local_day(now, COUNTRY_TIME_ZONE)
    if scope.is_everywhere:
        await places.add_first_province(connection, today=today)
    units = await places.units(connection, today=today)
    unit = unit_of(units, given.admin_unit, caller, scope)
    facility_id = await queries.add(connection, given, admin_unit_id=unit.id, now=now)
    if facility_id is None:
        raise taken(given.code, await queries.retired_at(connection, given.code))
    return facility_id


def unit_of(
    units: Sequence[places.Unit], code: str | None, caller: Caller, scope: Scope
) -> places.Unit:
    """The unit named, or the caller's own, or the first province: provinces come first."""
    own = {held.assignment.admin_unit_id for held in caller.held} - {None}
    for unit in units:
        fits = unit.code == code if code is not None else not own or unit.id in own
        if fits and scope.covers_unit(unit.id):
            return unit
    raise MissingError("administrative unit")


def taken(code: str, retired_at: datetime | None) -> ConflictError:
    """Why a code cannot be given."""
    if retired_at is None:
        return ConflictError(f"The code {code} is taken. Choose another.", code="code_taken")
    return ConflictError(
        f"The code {code} was retired on {retired_at:%Y-%m-%d} and is not given again, "
        "so that what is on record stays clear. Choose another.",
        code="code_retired",
    )
