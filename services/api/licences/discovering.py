"""Puts on record a facility that nobody has registered, with how it was discovered."""

from services.api.access.caller import Caller
from services.api.access.find import locked_facility
from services.api.access.transactions import changing
from services.api.console.folding import words_in
from services.api.facilities import registering
from services.api.facilities.schemas import FacilityIn
from services.api.licences import changing as facts
from services.api.licences.schemas import DiscoveryIn, FactIn
from services.api.problems import ConflictError, InvalidError
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.facility_status import FactKind
from shared.domain.schedule import local_day
from shared.runtime import logging

log = logging.get(__name__)
#: So many facilities may bear one name before somebody must choose a code.
_MOST_ALIKE = 20
_LONGEST_CODE = 40


async def discover(resources: Resources, caller: Caller, given: DiscoveryIn) -> str:
    """The facility's code."""
    caller.must_be_able_to_somewhere(Action.DISCOVER_FACILITY)
    if given.code is not None:
        await _discover(resources, caller, given, given.code)
        return given.code
    plain = "-".join(words_in(given.name))[:_LONGEST_CODE].strip("-") or "co-so"
    for n in range(1, _MOST_ALIKE + 1):
        code = plain if n == 1 else f"{plain}-{n}"
        try:
            await _discover(resources, caller, given, code)
        except ConflictError as taken:
            if taken.code not in {"code_taken", "code_retired"}:
                raise
        else:
            return code
    raise ConflictError("Many facilities bear this name. Choose a code.", code="code_taken")


async def _discover(resources: Resources, caller: Caller, given: DiscoveryIn, code: str) -> None:
    now = resources.now()
    deed = Deed(Verb.CREATE, Subject.FACILITY, code, code, {"source": given.source})
    facility = FacilityIn(
        code=code,
        **given.model_dump(exclude={"code", "discovered_on", "source", "how"}),
    )
    today = local_day(now, facility.time_zone)
    if given.discovered_on is not None and given.discovered_on > today:
        raise InvalidError("body.discovered_on", "This day has not come yet.", "Send a past day.")
    fact = FactIn(
        kind=FactKind.DISCOVERED,
        effective_on=given.discovered_on or today,
        scope=given.source,
        note=given.how,
    )
    async with changing(resources, caller, deed) as connection:
        action = Action.DISCOVER_FACILITY
        await registering.add(connection, caller, facility, action, now=now)
        there = await locked_facility(connection, code, caller, action)
        await facts.put(connection, there, fact, by=caller.user_id, now=now)
    log.info("facility_discovered", facility=code, source=given.source)
