"""Every statement about areas: where facilities lie, which are watched, and who is in an outage."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# By the units of today: a facility that was moved lies where it was moved to.
_UNITS = text(
    """
    WITH RECURSIVE place AS (
        SELECT id AS facility_id, admin_unit_id AS unit_id, 1 AS height FROM facility
        WHERE id = ANY(CAST(:facilities AS bigint[]))
        UNION ALL
        SELECT place.facility_id, u.parent_id, place.height + 1
        FROM place JOIN admin_unit u ON u.id = place.unit_id
        WHERE u.parent_id IS NOT NULL
    )
    SELECT facility_id, unit_id FROM place ORDER BY facility_id, height
    """
)


async def units_of(
    connection: AsyncConnection, facility_ids: Sequence[int]
) -> dict[int, tuple[int, ...]]:
    """By facility: the units it lies in, the smallest first."""
    found = await connection.execute(_UNITS, {"facilities": list(facility_ids)})
    units: dict[int, list[int]] = defaultdict(list)
    for facility_id, unit_id in found:
        units[facility_id].append(unit_id)
    return {facility_id: tuple(above) for facility_id, above in units.items()}


_WATCHED = text(
    """
    WITH RECURSIVE inside AS (
        SELECT id AS top_id, id AS unit_id FROM admin_unit
        WHERE id = ANY(CAST(:units AS bigint[]))
        UNION ALL
        SELECT inside.top_id, u.id FROM inside JOIN admin_unit u ON u.parent_id = inside.unit_id
    )
    SELECT inside.top_id, count(*)
    FROM inside JOIN facility f ON f.admin_unit_id = inside.unit_id
    WHERE coalesce(f.retired_at, 'infinity') > CAST(:until AS timestamptz)
      AND EXISTS (SELECT FROM zone z JOIN requirement r ON r.zone_id = z.id
                  WHERE z.facility_id = f.id AND r.occupied
                    AND r.valid_from <= CAST(:until AS timestamptz)
                    AND coalesce(r.valid_to, 'infinity') > CAST(:until AS timestamptz))
    GROUP BY inside.top_id
    """
)


async def watched_in(
    connection: AsyncConnection, unit_ids: Collection[int], *, until: datetime
) -> dict[int, int]:
    """By unit: in how many of its facilities anything must be watched."""
    found = await connection.execute(_WATCHED, {"units": sorted(unit_ids), "until": until})
    return {row[0]: row[1] for row in found}


@dataclass(frozen=True, slots=True)
class Child:
    """An incident of an outage; open as long as it has no end."""

    parent_id: int
    incident_id: int
    facility_id: int
    ended_at: datetime | None


async def children_of(connection: AsyncConnection, parent_ids: Sequence[int]) -> list[Child]:
    found = await connection.execute(
        text(
            """
            SELECT parent_id, id, facility_id, resolved_at FROM incident
            WHERE parent_id = ANY(CAST(:parents AS bigint[])) ORDER BY id
            """
        ),
        {"parents": list(parent_ids)},
    )
    return [Child(*row) for row in found]


async def join(connection: AsyncConnection, parent_of: Mapping[int, int]) -> None:
    await connection.execute(
        text(
            """
            UPDATE incident SET parent_id = fresh.parent_id, version = version + 1
            FROM unnest(CAST(:ids AS bigint[]), CAST(:parents AS bigint[]))
                 AS fresh (id, parent_id)
            WHERE incident.id = fresh.id AND incident.parent_id IS NULL
            """
        ),
        {"ids": list(parent_of), "parents": list(parent_of.values())},
    )


async def leave(connection: AsyncConnection, incident_ids: Collection[int]) -> None:
    await connection.execute(
        text(
            "UPDATE incident SET parent_id = NULL, version = version + 1 "
            "WHERE id = ANY(CAST(:ids AS bigint[]))"
        ),
        {"ids": list(incident_ids)},
    )


# Said when it was over, and since then of some of its facilities something else was found.
_WRONGLY_TOLD = text(
    """
    WITH told AS MATERIALIZED (
        SELECT parent.id, (SELECT max(e.id) FROM event e WHERE e.incident_id = parent.id
                           AND e.kind IN ('resolved', 'corrected')) AS said_in
        FROM incident parent
        WHERE parent.cause = 'area_outage' AND parent.resolved_at > CAST(:since AS timestamptz)
          AND EXISTS (SELECT FROM notification n WHERE n.incident_id = parent.id)
    )
    SELECT told.id
    FROM told
    JOIN incident child ON child.parent_id = told.id
    CROSS JOIN LATERAL (
        SELECT max(e.happened_at) AS at FROM event e
        WHERE e.incident_id = child.id AND e.id > told.said_in
          AND e.kind IN ('gap_repaired', 'corrected')
        OFFSET 0
    ) AS found
    GROUP BY told.id
    HAVING max(found.at) <= CAST(:settled_by AS timestamptz)
    """
)


async def wrongly_told(
    connection: AsyncConnection, *, since: datetime, settled_by: datetime
) -> set[int]:
    """Outages that are over, of which what was told has turned out otherwise."""
    found = await connection.execute(_WRONGLY_TOLD, {"since": since, "settled_by": settled_by})
    return set(found.scalars())
