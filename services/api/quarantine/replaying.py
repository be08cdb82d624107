"""Asks ingest to read messages set aside once more; API and console do it here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access import queries as places
from services.api.access.caller import Caller
from services.api.access.transactions import changing
from services.api.problems import ConflictError, ForbiddenError, MissingError
from services.api.quarantine import queries
from services.api.quarantine.obstacles import Obstacle
from services.api.quarantine.schemas import QuarantinedOut, ReplayOut, ReplayRequestedOut
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

log = logging.get(__name__)

_DETAILS: Final[Mapping[Obstacle, str]] = {
    Obstacle.RETAINED: (
        "The broker had kept these and handed them out again: they prove nothing about any time, "
        "and are never credited. Have the device send without the retain flag."
    ),
    Obstacle.PICTURE: "Pictures are never kept, so there is nothing to read once more.",
    Obstacle.NOTHING_KEPT: (
        "No whole message of this entry is kept (any more), so there is nothing to read once "
        "more. A device that sends `since` repairs the time itself with its next message."
    ),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as one caller may deal with it."""

    said: QuarantinedOut
    replay: ReplayOut
    may_replay: bool


async def entry(connection: AsyncConnection, caller: Caller, entry_id: int) -> Entry:
    """Raises `ForbiddenError` for who sees no quarantine, `MissingError` for a foreign one."""
    scope = caller.must_be_able_to_somewhere(Action.SEE_QUARANTINE)
    said = await queries.one(connection, entry_id, scope)
    if said is None:
        raise MissingError("entry in quarantine")
    replay = await queries.replay(connection, said)
    return Entry(said, replay, await _may_replay(connection, caller, said))


async def _may_replay(connection: AsyncConnection, caller: Caller, said: QuarantinedOut) -> bool:
    scope = caller.scope(Action.MANAGE_DEVICES)
    if scope.is_everywhere or said.facility is None:
        return scope.is_everywhere
    return await places.facility_in(connection, said.facility, scope) is not None


async def replay(resources: Resources, caller: Caller, entry_id: int) -> ReplayRequestedOut:
    """Once more while one is under way changes nothing and gives that one back."""
    now = resources.now()
    deed = Deed(Verb.REQUEST, Subject.QUARANTINE, str(entry_id))
    async with changing(resources, caller, deed) as connection:
        found = await entry(connection, caller, entry_id)
        if not found.may_replay:
            raise ForbiddenError("Your role here does not allow this.")
        state = found.replay
        if state.obstacle is not None:
            raise ConflictError(_DETAILS[state.obstacle], code=state.obstacle)
        if state.requested_at is not None:
            return ReplayRequestedOut(requested_at=state.requested_at, kept=state.kept)
        await queries.request_replay(connection, entry_id, caller.user_id, now=now)
    log.info("replay_requested", quarantine_id=entry_id, kept=state.kept)
    return ReplayRequestedOut(requested_at=now, kept=state.kept)
