"""Whom a message at a facility finds; `shared.db.in_charge` has the statements."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import in_charge
from shared.db.in_charge import Place
from shared.domain import duty
from shared.domain.access import Role
from shared.domain.delivery import Channel
from shared.domain.escalation import Recipient


async def reachable(
    connection: AsyncConnection, facility_ids: Iterable[int | None], *, now: datetime
) -> dict[int | None, dict[Role, list[Recipient]]]:
    """By facility and role: whom a message there finds now, whatever they are reached by."""
    places = [Place(facility_id) for facility_id in facility_ids]
    found = await in_charge.holders(connection, places, now=now)
    return {
        place.facility_id: {
            role: people
            for role, known in staff.items()
            if (people := list(duty.found(known, Channel).people))
        }
        for place, staff in found.items()
    }
