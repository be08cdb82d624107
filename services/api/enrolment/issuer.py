"""Whoever issued a code answers for what comes of it, as far as their roles still reach."""

from dataclasses import dataclass

from services.api.access import queries as places
from services.api.access.transactions import reading_as_system
from services.api.access_log.queries import Trail
from services.api.resources import Resources
from services.api.sessions import queries as sessions
from shared.domain.access import Action, Scope, scope_of
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day


@dataclass(frozen=True, slots=True)
class Issuer:
    """In whose name a device registers itself, from where, and where they manage devices now."""

    user_id: int
    trail: Trail
    scope: Scope


async def issuer_of(resources: Resources, user_id: int, *, address: str, trace_id: str) -> Issuer:
    """With nothing in their scope, if they have lost their role since."""
    now = resources.now()
    async with reading_as_system(resources) as connection:
        held = await sessions.held(connection, user_id, now=now)
        today = local_day(now, COUNTRY_TIME_ZONE)
        children_of = await places.children_of(connection, today=today)
    scope = scope_of(
        [one.assignment for one in held], Action.MANAGE_DEVICES, children_of=children_of
    )
    return Issuer(user_id, Trail(f"user:{user_id}", address, "", trace_id), scope)
