"""Every statement that detection asks: how far is known, and which zones to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.requirements.agenda import RequiredHours
from shared.domain.judgement import Stretch
from shared.domain.schedule import midnight


@dataclass(frozen=True, slots=True)
class Known:
    """How far the platform knows, since when something is required, and the time zones in use."""

    watermark: datetime | None
    required_since: datetime | None
    longest_tolerance: timedelta
    time_zones: tuple[str, ...]


async def known(connection: AsyncConnection) -> Known:
    row = (
        await connection.execute(
            text(
                """
                SELECT (SELECT min(seen_until) FROM ingest_worker),
                       (SELECT min(valid_from) FROM requirement),
                       (SELECT coalesce(max(max_gap_s), 0) FROM requirement),
                       (SELECT coalesce(array_agg(DISTINCT time_zone), '{}') FROM facility)
                """
            )
        )
    ).one()
    return Known(row[0], row[1], timedelta(seconds=row[2]), tuple(row[3]))


@dataclass(frozen=True, slots=True)
class LocalDay:
    """A local day of a time zone, as instants."""

    time_zone: str
    day: date
    start_at: datetime
    end_at: datetime


# A zone is suspect unless, on every local day concerned, enough of its devices attest all of the
# time in which a gap that is not yet on record would have to lie, its span; or, where one device is
# enough, any of the time that such a gap would have to hold, its core. A gap on record explains
# itself. A zone with an open gap is not asked: what may change that is found by `disturbed`.
# OFFSET 0 keeps the planner from joining by device alone, through every day of its history.
# What was moved here meanwhile, or away, does not count: then the zone is looked at more closely.
# A zone with a calendar is watched by its hours that are not over: outside them nothing is asked.
_SUSPECT = text(
    """
    WITH local_day AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:zones AS text[]), CAST(:days AS date[]),
                             CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
                      AS local_day (time_zone, day, start_at, end_at)
    ), hours AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:calendars AS bigint[]), CAST(:hour_zones AS text[]),
                             CAST(:hour_starts AS timestamptz[]), CAST(:hour_ends AS timestamptz[]))
                      AS hours (calendar_id, time_zone, start_at, end_at)
    ), watch AS MATERIALIZED (
        SELECT z.id, f.time_zone, r.min_devices, r.kinds,
               greatest(CAST(:judged_until AS timestamptz)
                        - make_interval(secs => r.max_gap_s + 1), r.valid_from,
                        h.start_at) AS start_at,
               least(CAST(:until AS timestamptz) - make_interval(secs => r.max_gap_s),
                     r.valid_to, h.end_at, z.retired_at, f.retired_at) AS end_at,
               CASE WHEN r.min_devices = 1
                     AND CAST(:until AS timestamptz) - make_interval(secs => r.max_gap_s)
                         < CAST(:judged_until AS timestamptz)
                    THEN tstzrange(
                        CAST(:until AS timestamptz) - make_interval(secs => r.max_gap_s),
                        :judged_until)
                    ELSE 'empty' END AS core
        FROM requirement r
        JOIN zone z ON z.id = r.zone_id
        JOIN facility f ON f.id = z.facility_id
        LEFT JOIN hours h ON h.calendar_id = r.calendar_id AND h.time_zone = f.time_zone
                         AND h.end_at > CAST(:judged_until AS timestamptz)
        WHERE NOT EXISTS (SELECT FROM gap g WHERE g.zone_id = z.id AND g.state = 'open')
          AND r.occupied AND (r.calendar_id IS NULL OR h.calendar_id IS NOT NULL)
    ), part AS MATERIALIZED (
        SELECT w.id AS zone_id, w.min_devices, w.kinds, w.core, d.day,
               tstzrange(greatest(w.start_at, d.start_at), least(w.end_at, d.end_at)) AS span
        FROM watch w
        JOIN local_day d ON d.time_zone = w.time_zone
                        AND d.start_at < w.end_at AND d.end_at > w.start_at
        WHERE w.start_at < w.end_at
    ), explained AS MATERIALIZED (
        SELECT zone_id, range_agg(tstzrange(from_at, to_at)) AS spans
        FROM gap WHERE state = 'closed' AND to_at > CAST(:explained_since AS timestamptz)
        GROUP BY zone_id
    )
    SELECT part.zone_id
    FROM part
    LEFT JOIN explained ON explained.zone_id = part.zone_id
    WHERE (
        SELECT count(*) FROM (
            SELECT FROM device
            CROSS JOIN LATERAL (
                SELECT FROM device_day dd
                WHERE dd.device_id = device.id AND dd.day = part.day
                  AND dd.day = ANY(CAST(:days AS date[])) -- implied; known while it is planned
                  AND ((dd.watched @> part.span AND NOT dd.impaired && part.span)
                       OR (dd.watched + dd.late - dd.impaired) && part.core
                       OR ((dd.watched + dd.late + coalesce(explained.spans, '{}')) @> part.span
                           AND NOT dd.impaired && part.span))
                OFFSET 0
            ) AS attesting
            WHERE device.zone_id = part.zone_id
              AND (device.placed_at IS NULL OR device.placed_at <= lower(part.span))
              AND (part.kinds IS NULL OR device.kind = ANY(part.kinds))
            LIMIT part.min_devices -- of a room that is watched, no more are looked at
        ) AS enough
    ) < part.min_devices
    """
)


async def suspect_zones(
    connection: AsyncConnection,
    stretch: Stretch,
    days: Sequence[LocalDay],
    hours: Sequence[RequiredHours],
    *,
    longest_tolerance: timedelta,
) -> set[int]:
    """Zones in which a gap may have begun that is not yet on record."""
    found = await connection.execute(
        _SUSPECT,
        {
            "zones": [day.time_zone for day in days],
            "days": [day.day for day in days],
            "starts": [day.start_at for day in days],
            "ends": [day.end_at for day in days],
            "judged_until": stretch.start_at,
            "until": stretch.end_at,
            **_arrays(hours),
            "explained_since": stretch.start_at - longest_tolerance - timedelta(seconds=1),
        },
    )
    return set(found.scalars())


def _arrays(hours: Sequence[RequiredHours]) -> dict[str, object]:
    return {
        "calendars": [one.calendar_id for one in hours],
        "hour_zones": [one.time_zone for one in hours],
        "hour_starts": [one.start_at for one in hours],
        "hour_ends": [one.end_at for one in hours],
    }


# Gaps of which evidence that came lately may have something to say: it lies within them, and
# enough devices have some. Gaps that ended a while ago are asked only when late evidence came.
_DISTURBED = text(
    """
    WITH recent AS MATERIALIZED (
        SELECT g.id, g.zone_id, g.from_at,
               coalesce(g.to_at, CAST(:until AS timestamptz)) AS to_at
        FROM gap g WHERE g.state = 'open'
        UNION ALL
        SELECT g.id, g.zone_id, g.from_at, g.to_at
        FROM gap g WHERE g.state = 'closed' AND g.to_at > CAST(:recent_since AS timestamptz)
    ), corrected AS MATERIALIZED (
        SELECT DISTINCT stay.zone_id
        FROM device_day dd JOIN stay ON stay.device_id = dd.device_id
        WHERE dd.corrected_at > CAST(:corrected_since AS timestamptz)
          AND dd.day >= CAST(:first_day AS date)
    ), candidate AS (
        SELECT * FROM recent
        UNION
        SELECT g.id, g.zone_id, g.from_at, g.to_at
        FROM corrected JOIN gap g ON g.zone_id = corrected.zone_id
        WHERE g.state = 'closed' AND g.to_at > CAST(:oldest AS timestamptz)
    )
    SELECT c.id
    FROM candidate c
    JOIN requirement r ON r.zone_id = c.zone_id
        AND r.valid_from < c.to_at AND coalesce(r.valid_to, 'infinity') > c.from_at
        AND r.occupied
    JOIN stay ON stay.zone_id = c.zone_id
        AND (stay.until IS NULL OR stay.until > c.from_at)
        AND (r.kinds IS NULL OR EXISTS (SELECT FROM device
                                        WHERE device.id = stay.device_id
                                          AND device.kind = ANY(r.kinds)))
    CROSS JOIN LATERAL (
        SELECT dd.changed_at > CAST(:changed_since AS timestamptz)
               OR dd.corrected_at > CAST(:corrected_since AS timestamptz) AS is_new
        FROM device_day dd
        WHERE dd.device_id = stay.device_id
          AND dd.day BETWEEN CAST(c.from_at AS date) - 1 AND CAST(c.to_at AS date) + 1
          AND dd.changed_at > c.from_at - interval '2 minutes' -- cheap, and implied by the next
          AND (dd.watched + dd.late - dd.impaired) && (
              tstzrange(c.from_at, c.to_at) * tstzrange(stay.since, stay.until))
        OFFSET 0
    ) AS inside
    GROUP BY c.id, r.id, r.min_devices
    HAVING count(DISTINCT stay.device_id) >= r.min_devices AND bool_or(inside.is_new)
    """
)
_SETTLED_AFTER = timedelta(minutes=6)
_CHANGED_WITHIN = timedelta(seconds=30)
_CORRECTED_WITHIN = timedelta(minutes=2)
#: Far beyond what evidence and quarantined messages may reach back; older months are not opened.
_CORRECTED_OF = timedelta(days=30)


def _first_day(stretch: Stretch) -> date:
    return (stretch.start_at - _CORRECTED_OF).date()


async def disturbed_gaps(
    connection: AsyncConnection, stretch: Stretch, *, backfill: timedelta
) -> set[int]:
    """Gaps on record that evidence which came lately may close, shorten, split or repair."""
    found = await connection.execute(
        _DISTURBED,
        {
            "until": stretch.end_at,
            "recent_since": stretch.start_at - _SETTLED_AFTER,
            "changed_since": stretch.start_at - _CHANGED_WITHIN,
            "corrected_since": stretch.start_at - _CORRECTED_WITHIN,
            "first_day": _first_day(stretch),
            "oldest": stretch.start_at - backfill,
        },
    )
    return set(found.scalars())


_CONTRADICTED = text(
    """
    SELECT stay.zone_id, f.time_zone, min(dd.day)
    FROM device_day dd
    JOIN stay ON stay.device_id = dd.device_id
    JOIN zone z ON z.id = stay.zone_id
    JOIN facility f ON f.id = z.facility_id
    WHERE dd.corrected_at > CAST(:corrected_since AS timestamptz) AND NOT isempty(dd.impaired)
      AND dd.day >= CAST(:first_day AS date)
    GROUP BY stay.zone_id, f.time_zone
    """
)


async def contradicted_zones(connection: AsyncConnection, stretch: Stretch) -> dict[int, datetime]:
    """Zones in which a fault was told of a time that had seemed well; from which day on."""
    since, first_day = stretch.start_at - _CORRECTED_WITHIN, _first_day(stretch)
    values = {"corrected_since": since, "first_day": first_day}
    found = await connection.execute(_CONTRADICTED, values)
    return {zone_id: midnight(day, time_zone) for zone_id, time_zone, day in found}


# Of a calendar, the hours in which the gap was still open when the stretch began.
_UNBOUND = text(
    """
    WITH hours AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:calendars AS bigint[]), CAST(:hour_zones AS text[]),
                             CAST(:hour_starts AS timestamptz[]), CAST(:hour_ends AS timestamptz[]))
                      AS hours (calendar_id, time_zone, start_at, end_at)
    )
    SELECT g.id
    FROM gap g
    JOIN zone z ON z.id = g.zone_id
    JOIN facility f ON f.id = g.facility_id
    WHERE g.state = 'open' AND (
        EXISTS (SELECT FROM blind_span b WHERE b.to_at > CAST(:since AS timestamptz)
                AND b.from_at < CAST(:until AS timestamptz))
        OR z.retired_at <= CAST(:until AS timestamptz)
        OR f.retired_at <= CAST(:until AS timestamptz)
        OR NOT EXISTS (SELECT FROM requirement r WHERE r.zone_id = z.id
                       AND r.valid_from <= g.from_at AND r.occupied
                       AND coalesce(r.valid_to, 'infinity') > CAST(:until AS timestamptz)
                       AND (r.calendar_id IS NULL OR EXISTS (
                           SELECT FROM hours h
                           WHERE h.calendar_id = r.calendar_id AND h.time_zone = f.time_zone
                             AND h.start_at <= greatest(g.from_at, CAST(:judged AS timestamptz))
                             AND h.end_at > CAST(:until AS timestamptz)))))
    """
)


async def unbound_gaps(
    connection: AsyncConnection, stretch: Stretch, hours: Sequence[RequiredHours]
) -> set[int]:
    """Open gaps of which the requirement changed or ended, or that our own blindness cuts."""
    values = {
        "since": stretch.start_at - timedelta(minutes=1),
        "judged": stretch.start_at,
        "until": stretch.end_at,
        **_arrays(hours),
    }
    return set((await connection.execute(_UNBOUND, values)).scalars())
