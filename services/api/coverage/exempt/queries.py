"""When approved maintenance held, and what was excused afterwards: the same for everybody."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.coverage.facts import Exempt
from shared.domain import approvals, exemptions
from shared.domain.approvals import Approval, Decision, Kind, Repeats, Window
from shared.domain.intervals import Span

_MAINTENANCE = text(
    """
    SELECT m.* FROM giamsat_maintenance(
        CAST(:places AS bigint[]), CAST(:since AS timestamptz), CAST(:until AS timestamptz)) AS m
    ORDER BY m.place, m.approval
    """
)


async def maintenance(
    connection: AsyncConnection,
    places: Collection[int],
    window: Span[datetime],
    *,
    as_known_at: datetime | None = None,
) -> Mapping[int, Sequence[Exempt]]:
    """By facility, what had a part in the window. The caller may see these facilities."""
    found: dict[int, list[Exempt]] = defaultdict(list)
    if not places:
        return found
    values = {"places": list(places), "since": window[0], "until": window[1]}
    for row in await connection.execute(_MAINTENANCE, values):
        it = _approval(row)
        then = it if as_known_at is None else approvals.as_known(it, as_known_at)
        if spans := exemptions.excuses(then, window):
            is_correction = it.kind is Kind.CORRECTION
            exempt = Exempt(row.zone, row.device, spans, row.approval, it.decided_at, is_correction)
            found[row.place].append(exempt)
    return found


def _approval(row: Row[Any]) -> Approval:
    repeats = Repeats(row.repeats) if row.repeats else None
    return Approval(
        kind=Kind(row.kind),
        requested_by=0,
        requested_at=row.decided_at,
        expires_at=row.decided_at,
        window=Window(row.starts_at, row.ends_at, repeats, row.repeats_until),
        decision=Decision.APPROVED,
        decided_at=row.decided_at,
        ended_at=row.ended_at,
    )
