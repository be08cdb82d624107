"""Every statement about how often the watch of a zone changed lately."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Changing:
    """A zone, the incident that its last gap belongs to, and when its watch changed."""

    zone_id: int
    incident_id: int
    changes: tuple[datetime, ...]


# Across incidents, from the gaps on record; what never was, never changed anything. One gap
# alone changes twice at most, so only zones with several are asked for.
_CHANGING = text(
    """
    SELECT g.zone_id, (array_agg(g.incident_id ORDER BY g.id DESC))[1],
           array_remove(array_agg(g.from_at) || array_agg(g.to_at), NULL)
    FROM gap g
    WHERE g.zone_id IN (SELECT zone_id FROM gap WHERE id = ANY(CAST(:gaps AS bigint[])))
      AND g.state <> 'repaired' AND g.incident_id IS NOT NULL
      AND (g.to_at > CAST(:since AS timestamptz) OR g.state = 'open')
    GROUP BY g.zone_id
    HAVING count(*) > 1
    """
)


async def changing(
    connection: AsyncConnection, gap_ids: Sequence[int], *, since: datetime
) -> list[Changing]:
    """The zones of these gaps."""
    found = await connection.execute(_CHANGING, {"gaps": list(gap_ids), "since": since})
    return [Changing(row[0], row[1], tuple(row[2])) for row in found]


async def last_changes(
    connection: AsyncConnection, incident_ids: Sequence[int]
) -> dict[int, datetime]:
    """By incident: when the watch of any of its zones changed last."""
    found = await connection.execute(
        text(
            """
            SELECT incident_id, max(greatest(from_at, to_at)) FROM gap
            WHERE incident_id = ANY(CAST(:incidents AS bigint[])) AND state <> 'repaired'
            GROUP BY incident_id
            """
        ),
        {"incidents": list(incident_ids)},
    )
    return {row[0]: row[1] for row in found}


async def mark_unstable(
    connection: AsyncConnection, incident_ids: Collection[int], *, now: datetime
) -> None:
    await connection.execute(
        text(
            """
            UPDATE incident SET unstable_since = CAST(:now AS timestamptz), version = version + 1
            WHERE id = ANY(CAST(:ids AS bigint[])) AND state = 'open' AND unstable_since IS NULL
            """
        ),
        {"ids": list(incident_ids), "now": now},
    )


async def mark_steady(connection: AsyncConnection, incident_ids: Collection[int]) -> None:
    await connection.execute(
        text(
            """
            UPDATE incident SET unstable_since = NULL, version = version + 1
            WHERE id = ANY(CAST(:ids AS bigint[])) AND state = 'open'
            """
        ),
        {"ids": list(incident_ids)},
    )


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a new incident is about had stopped lately, as another one, and nobody saw to it."""

    incident_id: int
    before_id: int
    #: From when that one's ladder counted, and when it was known that the watch went on.
    counts_from: datetime
    known_over_at: datetime

    @property
    def counted(self) -> timedelta:
        return self.known_over_at - self.counts_from


# By the index of a zone's gaps. What was excused or taken up has counted nothing.
_STOPPED_BEFORE = text(
    """
    SELECT g.incident_id, i.id, coalesce(i.counts_from, i.opened_at), before.closed_at
    FROM gap g
    CROSS JOIN LATERAL (
        SELECT b.incident_id, b.closed_at FROM gap b
        WHERE b.zone_id = g.zone_id AND b.id <> g.id AND b.state = 'closed'
          AND b.to_at <= g.from_at AND b.to_at > g.from_at - CAST(:within AS interval)
        ORDER BY b.to_at DESC LIMIT 1
    ) AS before
    JOIN incident i ON i.id = before.incident_id
    WHERE g.incident_id = ANY(CAST(:incidents AS bigint[])) AND i.id <> g.incident_id
      AND g.state = 'open' AND i.acknowledged_at IS NULL AND i.muted_by IS NULL
      AND NOT EXISTS (SELECT FROM acknowledgement a WHERE a.incident_id = i.id)
    """
)


async def stopped_before(
    connection: AsyncConnection, incident_ids: Sequence[int], *, within: timedelta
) -> list[Stopped]:
    """Of each zone of these incidents the last stop, if it ended so shortly before."""
    found = await connection.execute(
        _STOPPED_BEFORE, {"incidents": list(incident_ids), "within": within}
    )
    return [Stopped(*row) for row in found]


async def count_from(connection: AsyncConnection, moments: Mapping[int, datetime]) -> None:
    """By incident: from when its ladder counts."""
    await connection.execute(
        text(
            """
            UPDATE incident SET counts_from = fresh.at, version = version + 1
            FROM unnest(CAST(:ids AS bigint[]), CAST(:moments AS timestamptz[])) AS fresh (id, at)
            WHERE incident.id = fresh.id
            """
        ),
        {"ids": list(moments), "moments": list(moments.values())},
    )
