"""Every statement about what makes an incident worse, and how bad it is on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.severity import Plight
from shared.domain.states import Cause, Severity

_PLIGHTS = text(
    """
    SELECT i.id, i.cause, i.since_at, coalesce(f.children, 0), coalesce(
        (SELECT array_agg(DISTINCT z.kind) FROM gap g JOIN zone z ON z.id = g.zone_id
         WHERE g.incident_id = i.id AND g.state <> 'repaired'), '{}')
    FROM incident i LEFT JOIN facility f ON f.id = i.facility_id
    WHERE i.id = ANY(CAST(:incidents AS bigint[]))
    """
)


async def plights(connection: AsyncConnection, incident_ids: Sequence[int]) -> dict[int, Plight]:
    found = await connection.execute(_PLIGHTS, {"incidents": list(incident_ids)})
    return {row[0]: Plight(Cause(row[1]), row[2], tuple(row[4]), row[3]) for row in found}


@dataclass(frozen=True, slots=True)
class Rated:
    """How bad an incident is, and when it must be looked at again."""

    incident_id: int
    severity: Severity
    due_at: datetime | None


async def rate(connection: AsyncConnection, rated: Sequence[Rated]) -> None:
    await connection.execute(
        text(
            """
            UPDATE incident SET severity = fresh.severity, severity_due_at = fresh.due_at,
                                version = version + 1
            FROM unnest(CAST(:ids AS bigint[]), CAST(:severities AS text[]),
                        CAST(:due AS timestamptz[])) AS fresh (id, severity, due_at)
            WHERE incident.id = fresh.id
            """
        ),
        {
            "ids": [one.incident_id for one in rated],
            "severities": [one.severity for one in rated],
            "due": [one.due_at for one in rated],
        },
    )
