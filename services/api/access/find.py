"""Finds a facility for a caller: what is not theirs to see is not there."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access import queries
from services.api.access.caller import Caller
from services.api.access.queries import Facility
from services.api.problems import ConflictError, MissingError
from shared.domain.access import Action


async def seen_facility(connection: AsyncConnection, code: str, caller: Caller) -> Facility:
    """That it exists, and the facts of its registration."""
    facility = await queries.facility_in(connection, code, caller.scope(Action.SEE))
    if facility is None:
        raise MissingError("facility")
    return facility


async def watched_facility(connection: AsyncConnection, code: str, caller: Caller) -> Facility:
    """For whatever hangs on the watch there: zones, devices, coverage, gaps."""
    facility = await seen_facility(connection, code, caller)
    caller.must_be_able_to(Action.WATCH, facility)
    return facility


async def locked_facility(
    connection: AsyncConnection, code: str, caller: Caller, action: Action
) -> Facility:
    """Locked until the transaction ends, so that changes in one facility come one after another."""
    facility = await queries.lock_facility(connection, code, caller.scope(Action.SEE))
    if facility is None:
        raise MissingError("facility")
    caller.must_be_able_to(action, facility)
    return facility


async def facility_to_change(
    connection: AsyncConnection, code: str, caller: Caller, action: Action
) -> Facility:
    facility = await locked_facility(connection, code, caller, action)
    if facility.retired_at is not None:
        raise ConflictError(f"The facility {code} is retired.", code="retired")
    return facility
