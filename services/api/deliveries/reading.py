"""Reads the delivery log for somebody: addresses only where they may see them, and on record."""

from collections.abc import Sequence
from dataclasses import replace

from services.api.access.caller import Caller
from services.api.access.find import watched_facility
from services.api.access.transactions import disclosing, still_disclosing
from services.api.deliveries import queries
from services.api.deliveries.queries import Delivery, Wanted
from services.api.deliveries.schemas import AttemptOut, DeliveryDetailOut, DeliveryOut
from services.api.incidents.acknowledging import may
from services.api.problems import MissingError
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb


async def listed(
    resources: Resources,
    caller: Caller,
    wanted: Wanted,
    *,
    facility: str | None,
    before: int | None,
    limit: int,
) -> list[Delivery]:
    scope = caller.must_be_able_to_somewhere(Action.SEE_DELIVERIES)
    deed = Deed(Verb.LIST, Subject.DELIVERY, "", facility)
    async with still_disclosing(resources, caller, deed) as connection:
        if facility is not None:
            place = await watched_facility(connection, facility, caller)
            caller.must_be_able_to(Action.SEE_DELIVERIES, place)
            wanted = replace(wanted, facility_id=place.id)
        found = await queries.page(connection, scope, wanted, before=before, limit=limit)
    return [_for(caller, one) for one in found]


async def tries(
    resources: Resources, caller: Caller, found: Sequence[Delivery]
) -> dict[int, list[AttemptOut]]:
    """Of a page that was read just now, and so is on record."""
    deed = Deed(Verb.LIST, Subject.DELIVERY, "tries")
    async with still_disclosing(resources, caller, deed) as connection:
        by_message = await queries.tries(connection, [one.told.id for one in found])
    return {one.told.id: _said(caller, one, by_message[one.told.id]) for one in found}


async def one(resources: Resources, caller: Caller, number: int) -> DeliveryDetailOut:
    scope = caller.must_be_able_to_somewhere(Action.SEE_DELIVERIES)
    deed = Deed(Verb.READ, Subject.DELIVERY, str(number))
    async with disclosing(resources, caller, deed) as connection:
        found = await queries.one(connection, scope, number)
        if found is None:
            raise MissingError("message")
        attempts = (await queries.tries(connection, [number]))[number]
    told = _for(caller, found).told
    return DeliveryDetailOut(**told.model_dump(), tries=_said(caller, found, attempts))


def _for(caller: Caller, one: Delivery) -> Delivery:
    if may(caller, Action.SEE_ADDRESSES, one.place):
        return one
    hidden: DeliveryOut = one.told.model_copy(update={"address": None, "who": None})
    return Delivery(hidden, one.place, one.facility)


def _said(caller: Caller, one: Delivery, attempts: Sequence[AttemptOut]) -> list[AttemptOut]:
    if may(caller, Action.SEE_ADDRESSES, one.place):
        return list(attempts)
    return [attempt.model_copy(update={"detail": None}) for attempt in attempts]
