"""Every statement about the gaps on record: open, move and repair them, give them to incidents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.gaps import StoredGap
from shared.domain.states import GapState


@dataclass(frozen=True, slots=True)
class ZoneGap:
    """A gap on record and where it is."""

    zone_id: int
    facility_id: int
    incident_id: int | None
    gap: StoredGap


async def gaps_of(
    connection: AsyncConnection, zone_ids: set[int], gap_ids: set[int], *, since: datetime
) -> list[ZoneGap]:
    """What is on record of these zones, and of the zones of these gaps, back to an instant."""
    found = await connection.execute(
        text(
            """
            SELECT zone_id, facility_id, incident_id, id, from_at, to_at, state FROM gap
            WHERE (zone_id = ANY(CAST(:zones AS bigint[]))
                   OR zone_id IN (SELECT zone_id FROM gap WHERE id = ANY(CAST(:gaps AS bigint[]))))
              AND (state = 'open' OR (state = 'closed' AND to_at > CAST(:since AS timestamptz)))
            ORDER BY from_at
            """
        ),
        {"zones": list(zone_ids), "gaps": list(gap_ids), "since": since},
    )
    return [
        ZoneGap(row[0], row[1], row[2], StoredGap(row[3], row[4], row[5], GapState(row[6])))
        for row in found
    ]


@dataclass(frozen=True, slots=True)
class NewGap:
    """A gap to put on record; one split from another shares its incident."""

    zone_id: int
    facility_id: int
    incident_id: int | None
    start_at: datetime
    end_at: datetime | None


# The partial unique index lets one open gap in per zone: the first to write it owns it.
_OPEN = text(
    """
    INSERT INTO gap (zone_id, facility_id, incident_id, state, from_at, to_at, opened_at, closed_at)
    SELECT zone_id, facility_id, incident_id,
           CASE WHEN to_at IS NULL THEN 'open' ELSE 'closed' END, from_at, to_at,
           CAST(:now AS timestamptz),
           CASE WHEN to_at IS NOT NULL THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:zones AS bigint[]), CAST(:facilities AS bigint[]),
                CAST(:incidents AS bigint[]), CAST(:starts AS timestamptz[]),
                CAST(:ends AS timestamptz[]))
         AS fresh (zone_id, facility_id, incident_id, from_at, to_at)
    ON CONFLICT DO NOTHING
    RETURNING id, zone_id, from_at
    """
)


async def open_all(
    connection: AsyncConnection, gaps: Sequence[NewGap], *, now: datetime
) -> dict[tuple[int, datetime], int]:
    """The numbers of the gaps that are now on record, by zone and begin."""
    if not gaps:
        return {}
    found = await connection.execute(
        _OPEN,
        {
            "zones": [gap.zone_id for gap in gaps],
            "facilities": [gap.facility_id for gap in gaps],
            "incidents": [gap.incident_id for gap in gaps],
            "starts": [gap.start_at for gap in gaps],
            "ends": [gap.end_at for gap in gaps],
            "now": now,
        },
    )
    return {(row.zone_id, row.from_at): row.id for row in found}


@dataclass(frozen=True, slots=True)
class NewBounds:
    """What becomes of a gap on record, if it still is as it was seen."""

    seen: StoredGap
    state: GapState
    start_at: datetime
    end_at: datetime | None


_CHANGE = text(
    """
    UPDATE gap SET
        state = fresh.state, from_at = fresh.from_at, to_at = fresh.to_at,
        closed_at = CASE WHEN fresh.to_at IS NULL THEN NULL
                         ELSE coalesce(gap.closed_at, CAST(:now AS timestamptz)) END,
        repaired_at = CASE WHEN fresh.state = 'repaired' THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:ids AS bigint[]), CAST(:seen AS text[]), CAST(:states AS text[]),
                CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
         AS fresh (id, seen, state, from_at, to_at)
    WHERE gap.id = fresh.id AND gap.state = fresh.seen
    RETURNING gap.id
    """
)


async def change_all(
    connection: AsyncConnection, changes: Sequence[NewBounds], *, now: datetime
) -> set[int]:
    """The gaps that were still as seen, and so changed."""
    if not changes:
        return set()
    found = await connection.execute(
        _CHANGE,
        {
            "ids": [change.seen.id for change in changes],
            "seen": [change.seen.state for change in changes],
            "states": [change.state for change in changes],
            "starts": [change.start_at for change in changes],
            "ends": [change.end_at for change in changes],
            "now": now,
        },
    )
    return set(found.scalars())


async def join(connection: AsyncConnection, incident_of: Mapping[int, int]) -> None:
    """Give gaps to incidents."""
    if incident_of:
        await connection.execute(
            text(
                """
                UPDATE gap SET incident_id = fresh.incident_id
                FROM unnest(CAST(:gaps AS bigint[]), CAST(:incidents AS bigint[]))
                     AS fresh (gap_id, incident_id)
                WHERE gap.id = fresh.gap_id AND gap.incident_id IS NULL
                """
            ),
            {"gaps": list(incident_of), "incidents": list(incident_of.values())},
        )


async def release(connection: AsyncConnection, gap_ids: Sequence[int]) -> None:
    """Take gaps out of their incident, to be put where they belong."""
    if gap_ids:
        await connection.execute(
            text("UPDATE gap SET incident_id = NULL WHERE id = ANY(CAST(:gaps AS bigint[]))"),
            {"gaps": list(gap_ids)},
        )


async def absorb(connection: AsyncConnection, into: Mapping[int, int]) -> None:
    """All gaps of an incident become another's."""
    if into:
        await connection.execute(
            text(
                """
                UPDATE gap SET incident_id = fresh.into_id
                FROM unnest(CAST(:ids AS bigint[]), CAST(:into AS bigint[])) AS fresh (id, into_id)
                WHERE gap.incident_id = fresh.id
                """
            ),
            {"ids": list(into), "into": list(into.values())},
        )


async def zones_of(connection: AsyncConnection, incident_ids: Sequence[int]) -> dict[int, int]:
    """By zone that was ever part of one of these incidents: the latest of them."""
    found = await connection.execute(
        text(
            """
            SELECT zone_id, max(incident_id) FROM gap
            WHERE incident_id = ANY(CAST(:incidents AS bigint[])) GROUP BY zone_id
            """
        ),
        {"incidents": list(incident_ids)},
    )
    return {row[0]: row[1] for row in found}


@dataclass(frozen=True, slots=True)
class Part:
    """A zone of an incident, as its last gap says: when its watch was found to go on."""

    incident_id: int
    gap_id: int
    ended_at: datetime | None


# Those of which some are over: by an index of its own. Of a zone the last gap counts.
_PARTS = text(
    """
    SELECT DISTINCT ON (g.incident_id, g.zone_id) g.incident_id, g.id,
           coalesce(g.repaired_at, g.closed_at)
    FROM (SELECT DISTINCT incident_id FROM gap
          WHERE incident_id = ANY(CAST(:incidents AS bigint[])) AND state = 'closed') AS partly
    JOIN gap g ON g.incident_id = partly.incident_id
    ORDER BY g.incident_id, g.zone_id, (g.state = 'open') DESC, g.from_at DESC
    """
)


async def parts_of(connection: AsyncConnection, incident_ids: Sequence[int]) -> list[Part]:
    """Of these incidents those in which somewhere is watched again."""
    return [
        Part(*row) for row in await connection.execute(_PARTS, {"incidents": list(incident_ids)})
    ]


async def ended_at(connection: AsyncConnection, incident_ids: Sequence[int]) -> dict[int, datetime]:
    """By incident of which every gap is over: the end of the last."""
    found = await connection.execute(
        text(
            """
            SELECT incident_id, max(to_at) FROM gap
            WHERE incident_id = ANY(CAST(:incidents AS bigint[])) GROUP BY incident_id
            """
        ),
        {"incidents": list(incident_ids)},
    )
    return {row[0]: row[1] for row in found}
