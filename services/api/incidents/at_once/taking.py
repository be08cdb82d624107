"""Takes up many incidents with one request, and says of each what became of it."""

from collections.abc import Mapping
from typing import Literal

from services.api.access.caller import Caller
from services.api.access.transactions import changing_each
from services.api.incidents.acknowledging import may
from services.api.incidents.at_once import queries
from services.api.incidents.at_once.queries import Wanted
from services.api.incidents.queries import By
from services.api.incidents.schemas import ManyIn, ManyOut, OneOfManyOut
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.states import IncidentState
from shared.runtime import logging

log = logging.get(__name__)

Result = Literal["acknowledged", "already", "over", "not_allowed", "not_found"]


async def acknowledge(resources: Resources, caller: Caller, given: ManyIn, by: By) -> ManyOut:
    """In one transaction, with a line in the access log for each that was taken up."""
    asked = list(dict.fromkeys(given.incidents))
    async with changing_each(resources, caller) as (connection, deeds):
        found = await queries.wanted(
            connection, asked, caller.scope(Action.WATCH), user_id=caller.user_id
        )
        results = {one: _result(one, found, caller) for one in asked}
        taken = [one for one, result in results.items() if result == "acknowledged"]
        await queries.acknowledge(
            connection, taken, caller.user_id, by, note=given.note or "", now=resources.now()
        )
        deeds.extend(_deed(one, by) for one in taken)
    log.info("incidents_acknowledged", count=len(taken), of=len(asked), way=by.way)
    return ManyOut(
        acknowledged=len(taken),
        results=[OneOfManyOut(incident=one, result=result) for one, result in results.items()],
    )


def _result(incident_id: int, found: Mapping[int, Wanted], caller: Caller) -> Result:
    """In the order in which the same is asked of one."""
    one = found.get(incident_id)
    if one is None:
        return "not_found"
    if not may(caller, Action.ACKNOWLEDGE, one.place):
        return "not_allowed"
    if one.is_mine:
        return "already"
    return "over" if one.state is IncidentState.RESOLVED else "acknowledged"


def _deed(incident_id: int, by: By) -> Deed:
    return Deed(Verb.ACKNOWLEDGE, Subject.INCIDENT, str(incident_id), detail={"by": str(by.way)})
