"""Every statement about gaps to be explained, and about what was told of their causes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.causes import HINTS, Told
from shared.domain.incidents import Lapse, Moments, counted_from
from shared.domain.places import DeviceKind
from shared.domain.states import Hint, WatchState


@dataclass(frozen=True, slots=True)
class Unexplained:
    """A gap, and what was required there when it began."""

    id: int
    incident_id: int | None
    zone_id: int
    facility_id: int
    start_at: datetime
    end_at: datetime | None
    min_devices: int
    kinds: frozenset[DeviceKind] | None
    tolerance: timedelta
    opened_at: datetime

    @property
    def counted_from(self) -> datetime:
        return counted_from(self.start_at + self.tolerance, self.opened_at)

    def lapse(self, until: datetime, *, blind: Moments = ()) -> Lapse:
        return Lapse(
            self.zone_id,
            self.start_at,
            self.end_at or until,
            self.end_at is None,
            self.min_devices,
            self.kinds,
            blind,
        )


_GAP = """
    SELECT g.id, g.incident_id, g.zone_id, g.facility_id, g.from_at, g.to_at,
           coalesce(r.min_devices, 1) AS min_devices, r.kinds,
           coalesce(r.max_gap_s, 0) AS max_gap_s, g.opened_at
    FROM gap g
    LEFT JOIN LATERAL (
        SELECT min_devices, kinds, max_gap_s FROM requirement
        WHERE zone_id = g.zone_id AND valid_from <= g.from_at
        ORDER BY valid_from DESC LIMIT 1
    ) AS r ON true
"""
_LOOSE = text(_GAP + "WHERE g.id = ANY(CAST(:ids AS bigint[])) AND g.incident_id IS NULL")
_FIRST = text(
    _GAP  # noqa: S608 - both parts stand here
    + """
    WHERE g.id IN (SELECT min(id) FROM gap WHERE incident_id = ANY(CAST(:incidents AS bigint[]))
                   GROUP BY incident_id)
    """
)
_LASTING = text(
    _GAP + "WHERE g.incident_id = ANY(CAST(:incidents AS bigint[])) AND g.state = 'open'"
)


async def loose_gaps(connection: AsyncConnection, gap_ids: Iterable[int]) -> list[Unexplained]:
    """Those of these gaps that are in no incident. Gaps are opened and grouped at one stroke."""
    return _gaps(await connection.execute(_LOOSE, {"ids": list(gap_ids)}))


async def first_gaps(connection: AsyncConnection, incident_ids: Sequence[int]) -> list[Unexplained]:
    """Of each of these incidents the gap it began with."""
    return _gaps(await connection.execute(_FIRST, {"incidents": list(incident_ids)}))


async def lasting_gaps(
    connection: AsyncConnection, incident_ids: Sequence[int]
) -> list[Unexplained]:
    """Those of these incidents in which nobody watches yet."""
    return _gaps(await connection.execute(_LASTING, {"incidents": list(incident_ids)}))


def _gaps(found: CursorResult[Any]) -> list[Unexplained]:
    return [
        Unexplained(
            id=row.id,
            incident_id=row.incident_id,
            zone_id=row.zone_id,
            facility_id=row.facility_id,
            start_at=row.from_at,
            end_at=row.to_at,
            min_devices=row.min_devices,
            kinds=None if row.kinds is None else frozenset(map(DeviceKind, row.kinds)),
            tolerance=timedelta(seconds=row.max_gap_s),
            opened_at=row.opened_at,
        )
        for row in found
    ]


async def hints_of(
    connection: AsyncConnection, facility_ids: Iterable[int]
) -> dict[int, list[Told]]:
    """By facility: what its devices and hubs told of its line and its mains, and holds."""
    found = await connection.execute(
        text(
            """
            SELECT d.facility_id, c.condition, c.since
            FROM device d JOIN device_condition c ON c.device_id = d.id
            WHERE d.facility_id = ANY(CAST(:facilities AS bigint[])) AND c.holds
              AND c.condition = ANY(CAST(:hints AS text[]))
            """
        ),
        {"facilities": sorted(set(facility_ids)), "hints": list(HINTS)},
    )
    told: dict[int, list[Told]] = defaultdict(list)
    for facility_id, condition, since in found:
        told[facility_id].append(Told(Hint(condition), since))
    return told


# Of every device that stood there; the days of a zone's evidence are the facility's local ones.
_FAULTS = text(
    """
    SELECT wanted.zone_id, df.fault, range_agg(df.spans)
    FROM unnest(CAST(:zones AS bigint[]), CAST(:starts AS timestamptz[]))
         AS wanted (zone_id, start_at)
    JOIN stay ON stay.zone_id = wanted.zone_id
        AND (stay.until IS NULL OR stay.until > wanted.start_at)
    JOIN device_fault df ON df.device_id = stay.device_id
        AND df.day BETWEEN CAST(wanted.start_at AS date) - 1
                       AND CAST(CAST(:until AS timestamptz) AS date) + 1
    GROUP BY wanted.zone_id, df.fault
    """
)


async def faults_of(
    connection: AsyncConnection, starts: Mapping[int, datetime], *, until: datetime
) -> dict[int, dict[WatchState, Moments]]:
    """By zone: which faults its devices told of, and of when."""
    found = await connection.execute(
        _FAULTS, {"zones": list(starts), "starts": list(starts.values()), "until": until}
    )
    faults: dict[int, dict[WatchState, Moments]] = defaultdict(dict)
    for zone_id, fault, spans in found:
        faults[zone_id][WatchState(fault)] = tuple((span.lower, span.upper) for span in spans)
    return faults
