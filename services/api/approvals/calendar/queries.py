"""What was asked for or holds within some time, in the place of whoever looks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.approvals.queries import Request, Visible, request_of, shown
from shared.db.tables.approvals import approval
from shared.db.tables.registry import facility
from shared.domain.approvals import Decision, Kind
from shared.domain.intervals import Span

#: A month of a province; more would be no calendar.
MOST = 1000
_WEEK = timedelta(days=7)


async def within(
    connection: AsyncConnection, visible: Visible, span: Span[datetime], *, place: str | None
) -> Sequence[Request]:
    """Neither refused, nor ended before it began; in a facility, also what its units have."""
    its = approval.c
    statement = shown(visible).where(
        its.kind != Kind.NAMED_EXPORT,
        or_(its.decision.is_(None), its.decision == Decision.APPROVED),
        its.starts_at < span[1],
        func.greatest(its.ends_at, its.repeats_until + _WEEK) > span[0],
        or_(its.ended_at.is_(None), its.ended_at > its.starts_at),
    )
    if place is not None:
        statement = statement.where(or_(facility.c.code == place, its.facility_id.is_(None)))
    rows = await connection.execute(statement.order_by(its.starts_at, its.id).limit(MOST))
    return [request_of(row) for row in rows]
