"""Lines as a reader may see them: by name only where they may know who acts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access_log import queries
from services.api.access_log.queries import Found
from services.api.access_log.schemas import ActorOut, LineOut
from shared.domain.access import Action, Scope

_USER: Final = "user:"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a reader may know who acts, and where from where they came."""

    user_id: int
    actors: Scope
    people: Scope


async def lines_for(
    connection: AsyncConnection, caller: Caller, found: Sequence[Found]
) -> list[LineOut]:
    """With names where the caller may know who acts, and with addresses where people are theirs."""
    numbers = {number for one in found if (number := number_of(one.line.actor)) is not None}
    names = await queries.names(connection, numbers)
    reach = Reach(caller.user_id, caller.scope(Action.SEE_ACTORS), caller.scope(Action.SEE_PEOPLE))
    return [_line(one, names, reach) for one in found]


def number_of(actor: str) -> int | None:
    """Of a person."""
    return int(actor.removeprefix(_USER)) if actor.startswith(_USER) else None


def is_within(found: Found, scope: Scope) -> bool:
    """Whether a line concerns a scope."""
    line = found.line
    if line.facility_id is not None and found.place_id is not None:
        return scope.covers(facility_id=line.facility_id, admin_unit_id=found.place_id)
    return scope.is_everywhere or (
        line.admin_unit_id is not None and scope.covers_unit(line.admin_unit_id)
    )


def _line(found: Found, names: dict[int, str], reach: Reach) -> LineOut:
    line = found.line
    number = number_of(line.actor)
    is_named = number == reach.user_id or is_within(found, reach.actors)
    return LineOut(
        n=line.n,
        at=line.at,
        by=ActorOut(
            actor=line.actor,
            roles=line.role.split(",") if line.role else [],
            name=names.get(number) if number is not None and is_named else None,
        ),
        verb=line.verb,
        subject=line.subject,
        key=line.key,
        facility=found.facility,
        facility_name=found.facility_name,
        purpose=line.purpose,
        address=line.address if is_within(found, reach.people) else None,
        detail=json.loads(line.detail),
    )
