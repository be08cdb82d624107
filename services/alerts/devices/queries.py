"""The one statement about the devices that should watch a zone, and their latest words."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.devices.culprits import Watcher
from shared.domain.heartbeat import default_length_us
from shared.domain.places import DeviceKind
from shared.domain.states import WatchState

_OF_ZONES = text(
    """
    SELECT d.zone_id, d.name, d.code, d.kind, d.interval_s, d.tolerance_s, l.at, l.state,
           (SELECT min(seen_until) FROM ingest_worker)
    FROM device d
    LEFT JOIN device_latest l ON l.device_id = d.id
    WHERE d.zone_id = ANY(CAST(:zones AS bigint[])) AND d.kind <> 'gateway'
      AND coalesce(d.retired_at, 'infinity') > CAST(:now AS timestamptz)
    ORDER BY d.zone_id, d.code
    """
)


async def of_zones(
    connection: AsyncConnection, zone_ids: Iterable[int], *, now: datetime
) -> dict[int, list[Watcher]]:
    """By zone; what is retired need not watch, and a gateway only speaks for others."""
    wanted = sorted(set(zone_ids))
    by_zone: dict[int, list[Watcher]] = defaultdict(list)
    if not wanted:
        return by_zone
    found = await connection.execute(_OF_ZONES, {"zones": wanted, "now": now})
    for zone_id, name, code, kind, interval_s, tolerance_s, heard_at, state, known_until in found:
        by_zone[zone_id].append(
            Watcher(
                name=name,
                code=code,
                kind=DeviceKind(kind),
                patience=timedelta(microseconds=default_length_us(interval_s, tolerance_s)),
                heard_at=heard_at,
                state=None if state is None else WatchState(state),
                known_until=known_until,
            )
        )
    return by_zone
