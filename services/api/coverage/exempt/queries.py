"""When approved maintenance held at a facility: the same for everybody who sees it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.coverage.facts import Exempt
from shared.domain import exemptions
from shared.domain.approvals import Approval, Decision, Kind, Repeats, Window
from shared.domain.coverage import Moments
from shared.domain.intervals import Span


async def maintenance(
    connection: AsyncConnection, facility_id: int, window: Span[datetime]
) -> Sequence[Exempt]:
    """What had a part in the window."""
    rows = await connection.execute(
        text(
            """
            SELECT m.* FROM facility f CROSS JOIN LATERAL giamsat_maintenance_of(f.id) AS m
            WHERE f.id = :facility AND m.starts_at < CAST(:end AS timestamptz)
              AND greatest(m.ends_at, m.repeats_until + interval '7 days')
                  > CAST(:start AS timestamptz)
            """
        ),
        {"facility": facility_id, "start": window[0], "end": window[1]},
    )
    return [Exempt(row.zone, row.device, spans) for row in rows if (spans := _held(row, window))]


def _held(row: Row[Any], window: Span[datetime]) -> Moments:
    repeats = Repeats(row.repeats) if row.repeats else None
    it = Approval(
        kind=Kind.MAINTENANCE,
        requested_by=0,
        requested_at=row.decided_at,
        expires_at=row.decided_at,
        window=Window(row.starts_at, row.ends_at, repeats, row.repeats_until),
        decision=Decision.APPROVED,
        decided_at=row.decided_at,
        ended_at=row.ended_at,
    )
    return exemptions.held(it, window)
