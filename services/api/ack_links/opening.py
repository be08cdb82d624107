"""What a link opens: looking changes nothing, and taking up works once, as who was told.

genuine? ──no──▶ forged         READY ──taken up──▶ USED
   └─ in time? ──no──▶ expired  READY ──it is over──▶ OVER
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.api.access import queries as places
from services.api.access.caller import Caller
from services.api.access.transactions import reading_as_system
from services.api.ack_links import queries
from services.api.ack_links.queries import Told
from services.api.guessing import doors
from services.api.guessing.doors import network_of
from services.api.incidents import acknowledging
from services.api.incidents.queries import By
from services.api.problems import ConflictError, ForbiddenError, MissingError
from services.api.resources import Resources
from services.api.sessions import queries as sessions
from services.api.sessions.visitor import Visitor
from shared.domain import ack_link
from shared.domain.ack_link import Flaw, Link
from shared.domain.handling import Way
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.domain.states import IncidentState
from shared.domain.throttling import Door


class Outcome(StrEnum):
    """What a link is good for."""

    READY = "ready"
    USED = "used"
    OVER = "over"
    EXPIRED = "expired"
    FORGED = "forged"
    #: They no longer hold a role there, or no account.
    NO_LONGER_YOURS = "no_longer_yours"


@dataclass(frozen=True, slots=True)
class Opened:
    """A link, and what it is about; nothing of that if it is not ours."""

    outcome: Outcome
    told: Told | None = None


async def look(resources: Resources, token: str, visitor: Visitor) -> Opened:
    """Mail programs look too, so this changes nothing. Raises `TooManyError` for who guesses."""
    door = {Door.LINK: network_of(visitor.address)}
    knocked_at = await doors.knock(resources, door)
    keys = ack_link.keys_of(resources.settings.link_key)
    link = ack_link.read(token, keys=keys, now=knocked_at)
    if link is Flaw.FORGED:
        return Opened(Outcome.FORGED)
    await doors.opened(resources, door, knocked_at=knocked_at)
    if not isinstance(link, Link):
        return Opened(Outcome.EXPIRED)
    async with reading_as_system(resources) as connection:
        told = await queries.told(connection, link.notification_id)
    if told is None:
        return Opened(Outcome.FORGED)
    return Opened(outcome_of(told), told)


def outcome_of(told: Told) -> Outcome:
    if told.taken_at is not None:
        return Outcome.USED
    if told.is_disabled:
        return Outcome.NO_LONGER_YOURS
    return Outcome.OVER if told.state is IncidentState.RESOLVED else Outcome.READY


async def take_up(resources: Resources, token: str, visitor: Visitor) -> Opened:
    """In the name of whoever was told, if they may still do it there."""
    opened = await look(resources, token, visitor)
    if opened.outcome is not Outcome.READY or opened.told is None:
        return opened
    told = opened.told
    caller = await caller_told(resources, told, visitor)
    try:
        given = await acknowledging.acknowledge(
            resources,
            caller,
            told.incident_id,
            note="",
            by=By(Way.LINK, told.notification_id),
        )
    except ConflictError:
        return replace(opened, outcome=Outcome.OVER)
    except (ForbiddenError, MissingError):
        return replace(opened, outcome=Outcome.NO_LONGER_YOURS)
    return Opened(Outcome.USED, replace(told, taken_at=given.acknowledged_at))


async def caller_told(resources: Resources, told: Told, visitor: Visitor) -> Caller:
    """Whoever was told, with the roles they hold now and no session."""
    return await caller_without_session(
        resources, told.user_id, visitor, language=told.language, now=resources.now()
    )


async def caller_without_session(
    resources: Resources, user_id: int, visitor: Visitor, *, language: str, now: datetime
) -> Caller:
    """Known by what they hold in their hands; good for taking up what they were told of."""
    async with reading_as_system(resources) as connection:
        held = await sessions.held(connection, user_id, now=now)
        today = local_day(now, COUNTRY_TIME_ZONE)
        children_of = await places.children_of(connection, today=today)
    return Caller(
        user_id=user_id,
        email="",
        name="",
        language=language,
        held=held,
        children_of=children_of,
        token="",
        address=visitor.address,
        trace_id=visitor.trace_id,
    )
