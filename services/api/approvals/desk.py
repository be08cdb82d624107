"""What lies before somebody at once: what waits for them, the rest, and where they may ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.api.access.caller import Caller
from services.api.access.transactions import disclosing
from services.api.approvals import queries
from services.api.approvals.asking import may_decide, visible_to
from services.api.approvals.places.queries import Choice, choices
from services.api.approvals.queries import Request
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb

A_PAGE: Final = 30
MOST_WAITING: Final = 200


@dataclass(frozen=True, slots=True)
class Places:
    """Where somebody may ask for what."""

    exceptions: Sequence[Choice]
    exports: Sequence[Choice]
    log_exports: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies before somebody."""

    waiting: Sequence[Request]
    others: Sequence[Request]
    older: int | None
    places: Places


async def desk_of(resources: Resources, caller: Caller, after: int | None) -> Desk:
    """`after`: the number of the last request of the page before."""
    deed = Deed(Verb.LIST, Subject.EXCEPTION, "all")
    visible = visible_to(caller)
    async with disclosing(resources, caller, deed) as connection:
        waiting = await queries.page(
            connection, visible, open_at=resources.now(), before=None, limit=MOST_WAITING
        )
        found = await queries.page(
            connection, visible, open_at=None, before=after, limit=A_PAGE + 1
        )
        places = Places(
            await choices(connection, caller.scope(Action.REQUEST_EXCEPTION)),
            await choices(connection, caller.scope(Action.REQUEST_EXPORT)),
            log_exports=not caller.scope(Action.SEE_ACCESS_LOG).is_nowhere,
        )
    mine = [one for one in waiting if may_decide(caller, one)] if after is None else []
    ids = {one.id for one in mine}
    shown = found[:A_PAGE]
    return Desk(
        waiting=mine,
        others=[one for one in shown if one.id not in ids],
        older=shown[-1].id if len(found) > A_PAGE else None,
        places=places,
    )
