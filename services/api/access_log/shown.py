"""Lines as a reader may see them: people by name only where people are theirs to see."""

import json
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access_log import queries
from services.api.access_log.queries import Found
from services.api.access_log.schemas import ActorOut, LineOut
from shared.domain.access import Action, Scope

_USER = "user:"


async def lines_for(
    connection: AsyncConnection, caller: Caller, found: Sequence[Found]
) -> list[LineOut]:
    """With the names of those whom the caller may see as people, and of the caller."""
    people = caller.scope(Action.SEE_PEOPLE)
    numbers = {number for one in found if (number := number_of(one.line.actor)) is not None}
    names = await queries.names(connection, numbers, people)
    names[caller.user_id] = caller.name
    return [_line(one, names, people) for one in found]


def number_of(actor: str) -> int | None:
    """Of a person."""
    return int(actor.removeprefix(_USER)) if actor.startswith(_USER) else None


def shows_addresses(found: Found, people: Scope) -> bool:
    """From where somebody came is theirs; it is shown with the people of a place."""
    line = found.line
    if line.facility_id is not None and found.place_id is not None:
        return people.covers(facility_id=line.facility_id, admin_unit_id=found.place_id)
    return people.is_everywhere or (
        line.admin_unit_id is not None and people.covers_unit(line.admin_unit_id)
    )


def _line(found: Found, names: dict[int, str], people: Scope) -> LineOut:
    line = found.line
    number = number_of(line.actor)
    return LineOut(
        n=line.n,
        at=line.at,
        by=ActorOut(
            actor=line.actor,
            roles=line.role.split(",") if line.role else [],
            name=None if number is None else names.get(number),
        ),
        verb=line.verb,
        subject=line.subject,
        key=line.key,
        facility=found.facility,
        facility_name=found.facility_name,
        purpose=line.purpose,
        address=line.address if shows_addresses(found, people) else None,
        detail=json.loads(line.detail),
    )
