"""Every statement about evidence: of zones to judge, of facilities to explain."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.coverage import Evidence, Moments
from shared.domain.heartbeat import default_length_us
from shared.domain.incidents import Witness
from shared.domain.intervals import normal, union
from shared.domain.placements import Placement
from shared.domain.places import DeviceKind

_ONE_DAY: Final = timedelta(days=1)


class _Range(Protocol):
    lower: datetime
    upper: datetime


def _moments(ranges: Iterable[_Range]) -> Moments:
    return tuple((span.lower, span.upper) for span in ranges)


async def blind_spans(connection: AsyncConnection, *, since: datetime, until: datetime) -> Moments:
    """When any worker could not know."""
    found = await connection.execute(
        text(
            """
            SELECT from_at, to_at FROM blind_span
            WHERE to_at > CAST(:since AS timestamptz) AND from_at < CAST(:until AS timestamptz)
            """
        ),
        {"since": since, "until": until},
    )
    return normal((row.from_at, row.to_at) for row in found)


# OFFSET 0 keeps the planner from joining by device alone, through every day of its history.
# A retired device keeps its place: what it attested while it served still counts.
# What was moved counts for the zone in which it stood at the time.
_OF_ZONES = text(
    """
    SELECT span.zone_id, span.device_id, device.kind, dd.watched * span.within,
           dd.late * span.within, dd.impaired * span.within
    FROM (SELECT wanted.zone_id, stay.device_id, wanted.start_at,
                 tstzmultirange(tstzrange(wanted.start_at, :until)
                                * tstzrange(stay.since, stay.until)) AS within
          FROM unnest(CAST(:zones AS bigint[]), CAST(:starts AS timestamptz[]))
               AS wanted (zone_id, start_at)
          JOIN stay ON stay.zone_id = wanted.zone_id
              AND (stay.until IS NULL OR stay.until > wanted.start_at)) AS span
    JOIN device ON device.id = span.device_id
    CROSS JOIN LATERAL (
        SELECT watched, late, impaired FROM device_day
        WHERE device_id = span.device_id
          AND day BETWEEN CAST(span.start_at AS date) - 1
                      AND CAST(CAST(:until AS timestamptz) AS date) + 1
          AND day BETWEEN :first_day AND :last_day -- implied; known while it is planned
        OFFSET 0
    ) AS dd
    """
)


def _since(starts: Mapping[int, datetime], until: datetime) -> dict[str, object]:
    """From each start on, and the days, wherever they begin, on which any of that may lie."""
    first_at = min(starts.values(), default=until)
    return {
        "starts": list(starts.values()),
        "until": until,
        "first_day": first_at.astimezone(UTC).date() - _ONE_DAY,
        "last_day": until.astimezone(UTC).date() + _ONE_DAY,
    }


async def of_zones(
    connection: AsyncConnection, starts: Mapping[int, datetime], *, until: datetime
) -> dict[int, list[Evidence]]:
    """What the devices of each zone attested since the instant named beside the zone."""
    found = await connection.execute(
        _OF_ZONES,
        {"zones": list(starts), **_since(starts, until)},
    )
    by_device: dict[tuple[int, int], list[Evidence]] = defaultdict(list)
    for zone_id, device_id, kind, *spans in found:
        watched, late, impaired = map(_moments, spans)
        day = Evidence(watched, late, impaired, kind=kind)
        by_device[zone_id, device_id].append(day)
    by_zone: dict[int, list[Evidence]] = defaultdict(list)
    for (zone_id, _), days in by_device.items():
        by_zone[zone_id].append(_joined(days))
    return by_zone


def _joined(days: Sequence[Evidence]) -> Evidence:
    return Evidence(
        union(*(day.watched for day in days)),
        union(*(day.late for day in days)),
        union(*(day.impaired for day in days)),
        kind=days[0].kind,
    )


_WITNESSES = text(
    """
    SELECT device.facility_id, device.id, device.zone_id, device.interval_s, device.tolerance_s,
           device.registered_at, device.placed_at, range_agg(heard.spans),
           range_agg(heard.impaired), device.kind, coalesce(device.gateway_id, (
               SELECT min(r.publisher_id) FROM adapter_rule r
               WHERE r.device_id = device.id AND r.removed_at IS NULL
                 AND r.publisher_id <> device.id)) AS gateway_id
    FROM unnest(CAST(:facilities AS bigint[]), CAST(:starts AS timestamptz[]))
         AS wanted (facility_id, start_at)
    JOIN device ON device.facility_id = wanted.facility_id
        AND device.kind <> 'gateway' AND device.zone_id IS NOT NULL
        AND device.registered_at < CAST(:until AS timestamptz)
        AND coalesce(device.retired_at, 'infinity') > wanted.start_at
    LEFT JOIN LATERAL (
        SELECT (dd.watched + dd.late + dd.impaired) * span.within AS spans,
               dd.impaired * span.within AS impaired
        FROM device_day dd,
             (SELECT tstzmultirange(tstzrange(wanted.start_at, :until)) AS within) AS span
        WHERE dd.device_id = device.id
          AND dd.day BETWEEN CAST(wanted.start_at AS date) - 1
                         AND CAST(CAST(:until AS timestamptz) AS date) + 1
          AND dd.day BETWEEN :first_day AND :last_day -- implied; known while it is planned
        OFFSET 0
    ) AS heard ON true
    GROUP BY device.facility_id, device.id
    """
)


async def witnesses(
    connection: AsyncConnection, starts: Mapping[int, datetime], *, until: datetime
) -> dict[int, list[Witness]]:
    """By facility: when each of its devices was heard since the instant named beside it."""
    found = await connection.execute(
        _WITNESSES,
        {"facilities": list(starts), **_since(starts, until)},
    )
    by_facility: dict[int, list[Witness]] = defaultdict(list)
    rows = found.all()
    former = await _former_places(connection, [row.id for row in rows if row.placed_at])
    for row in rows:
        patience = timedelta(microseconds=default_length_us(row.interval_s, row.tolerance_s))
        by_facility[row.facility_id].append(
            Witness(
                row.zone_id,
                patience,
                row.registered_at,
                _moments(row[7] or ()),
                _moments(row[8] or ()),
                tuple(former[row.id]),
                DeviceKind(row.kind),
                row.gateway_id,
            )
        )
    return by_facility


async def _former_places(
    connection: AsyncConnection, device_ids: Sequence[int]
) -> dict[int, list[Placement]]:
    """Of the few devices that were ever moved."""
    by_device: dict[int, list[Placement]] = defaultdict(list)
    if not device_ids:
        return by_device
    found = await connection.execute(
        text(
            """
            SELECT device_id, zone_id, valid_from, valid_to FROM device_placement
            WHERE device_id = ANY(CAST(:devices AS bigint[])) ORDER BY valid_to
            """
        ),
        {"devices": list(device_ids)},
    )
    for device_id, *placement in found:
        by_device[device_id].append(Placement(*placement))
    return by_device
