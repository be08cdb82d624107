"""Ladders as somebody sees them: with their steps, and where a step finds nobody."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.ladders import queries, reaching
from services.api.ladders.queries import USUAL, Kept
from services.api.ladders.reaching import Homes
from services.api.ladders.schemas import LadderOut, StepOut
from services.api.problems import MissingError
from services.api.resources import Resources
from shared.domain.access import Action, Role
from shared.domain.ladders import Ladder

_MOST_NAMED: Final = 20
#: Before any ladder: the one for everything has always been.
_ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
#: What stands for the ladder that has no row.
_USUAL: Final = Kept(
    USUAL, "", None, None, None, None, None, None, None, None, None, _ALWAYS, None
)  # fmt: skip


async def page(
    resources: Resources, caller: Caller, *, before: tuple[datetime, int] | None, limit: int
) -> list[LadderOut]:
    """Those in force, the newest first, and after the last of them the one for everything."""
    now, scope = resources.now(), caller.must_be_able_to_somewhere(Action.WATCH)
    async with reading(resources, caller) as connection:
        known = list(await queries.page(connection, scope, now=now, before=before, limit=limit))
        if len(known) < limit:
            known.append(_USUAL)
        homes = await reaching.homes(resources, connection, scope, now=now)
        return await _shown(connection, known, homes, caller, now=now)


async def one(resources: Resources, caller: Caller, ladder_id: int) -> LadderOut:
    now, scope = resources.now(), caller.scope(Action.WATCH)
    if scope.is_nowhere:
        raise MissingError("ladder")
    async with reading(resources, caller) as connection:
        known = _USUAL
        if ladder_id != USUAL:
            found = await queries.one(connection, ladder_id, scope)
            if found is None:
                raise MissingError("ladder")
            known = found
        homes = await reaching.homes(resources, connection, scope, now=now)
        (shown,) = await _shown(connection, [known], homes, caller, now=now)
        return shown


async def _shown(
    connection: AsyncConnection,
    known: Sequence[Kept],
    homes: Homes,
    caller: Caller,
    *,
    now: datetime,
) -> list[LadderOut]:
    steps = await queries.steps(connection, [one.id for one in known], now=now)
    scope = caller.scope(Action.MANAGE_LADDERS)
    return [
        LadderOut(
            id=one.id,
            name=one.name,
            facility=one.facility,
            facility_name=one.facility_name,
            unit=one.unit,
            unit_name=one.unit_name,
            severity=one.severity,  # type: ignore[arg-type]  # pydantic checks it
            zone_kind=one.zone_kind,  # type: ignore[arg-type]  # likewise
            valid_from=max([one.valid_from, *(row.valid_from for row in steps.get(one.id, ()))]),
            valid_to=one.valid_to,
            steps=[_step(row, one, homes) for row in steps.get(one.id, ())],
            may_change=one.valid_to is None and one.is_in(scope),
        )
        for one in known
    ]


def _step(row: Any, known: Kept, homes: Homes) -> StepOut:
    """Of a ladder that has ended nobody asks any more."""
    place = Ladder(
        "", (), known.valid_from, facility_id=known.facility_id, admin_unit_id=known.unit_id
    )
    empty = [] if known.valid_to is not None else homes.without(Role(row.role), place)
    return StepOut(
        number=row.step,
        role=row.role,
        after_s=row.after_s,
        hours=row.hours,
        channels=row.channels,
        needs_all=row.needs_all,
        repeat_s=row.repeat_s,
        nobody_at=[home.code for home in empty[:_MOST_NAMED]],
        nobody_at_count=len(empty),
    )
