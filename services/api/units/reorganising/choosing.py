"""Says where a facility of a split unit goes, and has it go there if the day has come."""

from datetime import date

from services.api.access.caller import Caller
from services.api.access.find import locked_facility
from services.api.access.transactions import changing
from services.api.problems import ConflictError, MissingError
from services.api.resources import Resources
from services.api.units import queries as units
from services.api.units.order import queries as orders
from services.api.units.reorganising import queries
from services.api.units.schemas import ChoiceIn
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.jurisdiction import Choice, Level, Order, successors


async def choose(resources: Resources, caller: Caller, effective_on: date, given: ChoiceIn) -> None:
    """Until the facility has moved the choice may change."""
    detail: dict[str, object] = {
        "to": given.admin_unit, "effective_on": effective_on.isoformat(),
        "legal_basis": given.legal_basis,
    }  # fmt: skip
    deed = Deed(Verb.CHANGE, Subject.FACILITY, given.facility, given.facility, detail=detail)
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, given.facility, caller, Action.MANAGE_UNITS)
        order = await orders.order(connection)
        if order.units[facility.admin_unit_id].valid_to != effective_on:
            raise ConflictError(
                f"The unit of {given.facility} does not end on {effective_on}.",
                code="not_concerned",
            )
        unit = await units.one(connection, given.admin_unit, effective_on)
        if unit is None or not order.units[unit.id].holds_on(effective_on):
            raise MissingError("administrative unit on that day")
        _must_fit(order, facility.admin_unit_id, unit.id)
        await queries.choose(
            connection,
            Choice(facility.id, unit.id, effective_on),
            legal_basis=given.legal_basis,
            by=caller.trail.actor,
            now=resources.now(),
        )


def _must_fit(order: Order, from_id: int, to_id: int) -> None:
    """One of the successors; where there is none, any commune of that day."""
    candidates = successors(order, order.units[from_id])
    if to_id in candidates or (not candidates and order.units[to_id].level is Level.COMMUNE):
        return
    named = ", ".join(order.units[one].code for one in candidates) or "a commune"
    raise ConflictError(f"It has to be one of: {named}.", code="no_successor")
