"""Somebody comes by: who they are, where they are, and once in a minute is enough.

A label that nobody knows, one that was replaced, and one of a place where the caller may not check
in are the same: there is nothing there.
"""

from dataclasses import dataclass
from datetime import datetime

from services.api.access.caller import Caller
from services.api.access.transactions import changing, reading
from services.api.problems import MissingError
from services.api.resources import Resources
from services.api.rounds import queries
from services.api.rounds.queries import CheckIn, Home, Point
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.rounds import code_hash, is_repeat
from shared.runtime import logging

log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class Stand:
    """Where somebody stands, and who was there a moment ago."""

    home: Home
    point: Point
    recent: CheckIn | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What checking in came to."""

    stand: Stand
    number: int
    checked_at: datetime
    is_repeat: bool


class _RecentError(Exception):
    """Somebody else was faster."""

    def __init__(self, check_in: CheckIn) -> None:
        super().__init__("checked in already")
        self.check_in = check_in


async def stand_at(resources: Resources, caller: Caller, code: str) -> Stand:
    """Raises `MissingError` where the caller cannot check in."""
    async with reading(resources, caller) as connection:
        found = await queries.labelled(connection, code_hash(code))
        if found is None or not caller.may(Action.CHECK_IN, found[0].facility):
            raise MissingError("round point")
        last = await queries.last_check_in(connection, found[1].device_id)
    return Stand(*found, recent=_recent(last, resources.now()))


async def check_in(resources: Resources, caller: Caller, code: str, note: str) -> Done:
    """A row and a line in the access log; of a repeat neither."""
    stand = await stand_at(resources, caller, code)
    if stand.recent is not None:
        return _again(stand, stand.recent)
    try:
        return await _checked_in(resources, caller, stand, code_hash(code), note)
    except _RecentError as error:
        return _again(stand, error.check_in)


async def _checked_in(
    resources: Resources, caller: Caller, stand: Stand, label: bytes, note: str
) -> Done:
    facility, point = stand.home.facility.code, stand.point
    deed = Deed(
        Verb.CREATE,
        Subject.ROUND,
        f"{facility}/{point.code}",
        facility,
        {"zone": point.zone_code},
    )
    async with changing(resources, caller, deed) as connection:
        if not await queries.lock(connection, label):
            raise MissingError("round point")
        now = resources.now()
        recent = _recent(await queries.last_check_in(connection, point.device_id), now)
        if recent is not None:
            raise _RecentError(recent)
        number = await queries.check_in(connection, point.device_id, caller.user_id, note, now=now)
        deed.detail["number"] = number
    log.info("round_checked_in", facility=facility, device=point.code)
    return Done(stand, number, now, is_repeat=False)


def _recent(last: CheckIn | None, now: datetime) -> CheckIn | None:
    return last if last is not None and is_repeat(last.checked_at, now) else None


def _again(stand: Stand, before: CheckIn) -> Done:
    return Done(stand, before.id, before.checked_at, is_repeat=True)
