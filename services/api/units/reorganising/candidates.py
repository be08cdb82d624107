"""Facilities that nobody has placed, with the units they may lie in."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.units.order import queries as orders
from services.api.units.reorganising import queries
from services.api.units.reorganising.queries import Stranded
from services.api.units.schemas import StrandedOut
from shared.domain.access import Scope
from shared.domain.jurisdiction import successors


async def stranded(
    connection: AsyncConnection, scope: Scope, *, today: date, after: str = "", limit: int = 200
) -> Sequence[StrandedOut]:
    rows = await queries.stranded(connection, scope, today=today, after=after, limit=limit)
    if not rows:
        return []
    order = await orders.order(connection)
    return [_out(row, [order.units[n].code for n in successors(order, order.units[row.unit_id])])
            for row in rows]  # fmt: skip


def _out(row: Stranded, candidates: list[str]) -> StrandedOut:
    return StrandedOut(
        facility=row.code, name=row.name, unit=row.unit, since=row.since, candidates=candidates
    )
