"""Which open incidents lie in another jurisdiction than they did, and where they lie now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.access import Role
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


@dataclass(frozen=True, slots=True)
class Awaited:
    """An event that found nobody to hand an incident over to, for some roles."""

    event_id: int
    incident_id: int
    facility_id: int
    from_unit: str
    to_unit: str
    nobody_at: frozenset[Role]


_AWAITED = text(
    """
    SELECT DISTINCT ON (i.id) e.id, i.id, i.facility_id, e.detail ->> 'from_unit',
           e.detail ->> 'to_unit', e.detail -> 'nobody_at'
    FROM incident i JOIN event e ON e.incident_id = i.id AND e.kind = :kind
    WHERE i.state = 'open'
    ORDER BY i.id, e.id DESC
    """
)


async def awaited(connection: AsyncConnection) -> Sequence[Awaited]:
    """Of each open incident its last move, if somebody was missing then."""
    found = await connection.execute(_AWAITED, {"kind": EventKind.JURISDICTION_REASSIGNED})
    return [
        Awaited(row[0], row[1], row[2], row[3], row[4], frozenset(Role(role) for role in row[5]))
        for row in found
        if row[5]
    ]
