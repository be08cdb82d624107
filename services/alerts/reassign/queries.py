"""Which open incidents lie in another jurisdiction than they did, and where they lie now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.incidents import EventKind

#: A move that was decided before the incident opened may have been written after it.
_SLACK: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Reassigned:
    """A facility moved, and an incident of it has not been told."""

    incident_id: int
    facility_id: int
    reassignment_id: int
    from_unit_id: int
    from_unit: str
    to_unit_id: int
    to_unit: str
    effective_on: date
    legal_basis: str
    by: str


# The event itself says that a row was folded, so nothing else has to be remembered.
_UNFOLDED = text(
    """
    SELECT i.id, i.facility_id, r.id, r.from_unit_id, old.name, r.to_unit_id, new.name,
           r.effective_on, r.legal_basis, r."by"
    FROM incident i
    JOIN jurisdiction_reassigned r
      ON r.facility_id = i.facility_id
     AND r.happened_at >= i.opened_at - CAST(:slack AS interval)
    JOIN admin_unit old ON old.id = r.from_unit_id
    JOIN admin_unit new ON new.id = r.to_unit_id
    WHERE i.state = 'open'
      AND NOT EXISTS (
          SELECT FROM event e
          WHERE e.incident_id = i.id AND e.kind = :kind
            AND CAST(e.detail ->> 'reassignment_id' AS bigint) = r.id)
    ORDER BY i.id, r.id
    """
)


async def unfolded(connection: AsyncConnection) -> Sequence[Reassigned]:
    found = await connection.execute(
        _UNFOLDED, {"slack": _SLACK, "kind": EventKind.JURISDICTION_REASSIGNED}
    )
    return [Reassigned(*row) for row in found]
