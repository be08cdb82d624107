"""On the day of a reorganisation facilities move to what follows their units, and roles end.

What is due is read from what has ended, so nothing is remembered: a day that was missed is made up
for, a crash goes on where it stopped, and a second time finds nothing to do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.access_log import queries as access_log
from services.api.access_log.queries import Trail
from services.api.units.order import queries as orders
from services.api.units.placing import queries as placing
from services.api.units.placing.queries import Warrant
from services.api.units.reorganising import queries
from services.api.units.reorganising.queries import Homeless
from shared.db.session import SYSTEM, unit_of_work
from shared.domain.competence import endings
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.jurisdiction import Move, Order, Unassigned, cut_over
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.runtime import logging

log = logging.get(__name__)

EVERY_S: Final = 30.0
#: Facilities moved in one transaction.
AT_ONCE: Final = 100
_TRAIL: Final = Trail(SYSTEM.actor, "", "cut-over", "")


@dataclass(frozen=True, slots=True)
class Done:
    """What a run found to do."""

    moved: int = 0
    unassigned: tuple[str, ...] = ()
    roles_ended: int = 0
    is_ours: bool = True


class CutOver:
    """Runs by itself in the api; who administers units may have it run at once."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._named: frozenset[str] = frozenset()

    async def look(self) -> Done:
        """All that is due. Whoever else is changing units now does it instead, or we do later."""
        moved, stranded, after = 0, list[str](), 0
        while True:
            part = await self._batch(after)
            if part is None:
                return Done(moved, tuple(stranded), is_ours=False)
            moved += part.moved
            stranded += part.stranded
            if part.last is None:
                break
            after = part.last
        ended = await self._end_roles()
        self._name(frozenset(stranded))
        return Done(moved, tuple(stranded), ended)

    async def _batch(self, after: int) -> "_Part | None":
        now = self._now()
        today = local_day(now, COUNTRY_TIME_ZONE)
        async with unit_of_work(self._engine, SYSTEM) as connection:
            if not await orders.take_turn_if_free(connection):
                return None
            found = await queries.homeless(connection, today=today, after=after, limit=AT_ONCE)
            if not found:
                return _Part()
            order = await orders.order(connection)
            chosen = await queries.choices(connection, [one.facility_id for one in found])
            homes = {one.facility_id: one.unit_id for one in found}
            due = cut_over(order, homes, chosen, today=today)
            await _move(connection, order, found, due.moves, now)
        return _Part(len({m.facility_id for m in due.moves}), _codes(found, due.unassigned),
                     found[-1].facility_id)  # fmt: skip

    async def _end_roles(self) -> int:
        now = self._now()
        today = local_day(now, COUNTRY_TIME_ZONE)
        async with unit_of_work(self._engine, SYSTEM) as connection:
            held = await queries.resting_on_the_past(connection, today=today, now=now)
            over = endings(
                held.held,
                unit_ends=held.unit_ends,
                authority_ends=held.authority_ends,
                today=today,
            )
            await queries.end_roles(connection, over, now=now)
            for role_id, why in over.items():
                deed = Deed(Verb.REVOKE, Subject.ROLE, str(role_id), detail={"because": why})
                await access_log.add(connection, _TRAIL, deed, now=now)
        if over:
            log.info("roles_ended", count=len(over))
        return len(over)

    def _name(self, stranded: frozenset[str]) -> None:
        """Loudly, but once."""
        for code in sorted(stranded - self._named):
            log.error("facility_without_unit", facility=code)
        for code in sorted(self._named - stranded):
            log.info("facility_has_unit_again", facility=code)
        self._named = stranded


@dataclass(frozen=True, slots=True)
class _Part:
    moved: int = 0
    stranded: tuple[str, ...] = ()
    last: int | None = None


def _codes(found: Sequence[Homeless], unassigned: Sequence[Unassigned]) -> tuple[str, ...]:
    codes = {one.facility_id: one.code for one in found}
    return tuple(codes[one.facility_id] for one in unassigned)


async def _move(
    connection: AsyncConnection,
    order: Order,
    found: Sequence[Homeless],
    moves: Sequence[Move],
    now: datetime,
) -> None:
    """By the law that made the successor follow; each move is on record for its facility."""
    bases = await queries.legal_bases(connection)
    await placing.move(connection, moves, Warrant(SYSTEM.actor, now, bases))
    codes = {one.facility_id: one.code for one in found}
    for one in moves:
        detail: dict[str, object] = {
            "from": order.units[one.from_id].code,
            "to": order.units[one.to_id].code,
            "effective_on": one.effective_on.isoformat(),
        }
        code = codes[one.facility_id]
        deed = Deed(Verb.CHANGE, Subject.FACILITY, code, code, detail=detail)
        await access_log.add(connection, _TRAIL, deed, now=now)
        log.info("facility_moved", facility=code, **detail)
