"""A whole province by SQL: facilities, zones, devices, a month of gaps and two days of evidence."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.session import unit_of_work

COMMUNES = 96
ZONES_EACH = 4
HISTORY_DAYS = 30

_REGISTRY = (
    """
    INSERT INTO admin_unit (code, name, level, kind, valid_from)
    VALUES ('51', 'Quảng Ngãi', 'province', 'province', '2025-07-01')
    """,
    """
    INSERT INTO admin_unit (code, name, level, kind, parent_id, valid_from)
    SELECT 'C' || n, 'xã số ' || n, 'commune', 'commune', (SELECT min(id) FROM admin_unit),
           '2025-07-01'
    FROM generate_series(1, :communes) n
    """,
    """
    INSERT INTO facility (code, name, ownership, admin_unit_id, time_zone, children, registered_at)
    SELECT 'CS-' || n, 'Cơ sở bảo trợ xã hội số ' || n,
           CASE WHEN n % 3 = 0 THEN 'public' ELSE 'non_public' END,
           (SELECT id FROM admin_unit WHERE code = 'C' || (1 + n % :communes)),
           'Asia/Ho_Chi_Minh', 10 + n % 90, CAST(:now AS timestamptz) - interval '90 days'
    FROM generate_series(1, :facilities) n
    """,
    """
    INSERT INTO zone (facility_id, code, name, kind, registered_at)
    SELECT f.id, 'khu-' || n, 'Phòng sinh hoạt ' || n, 'living', f.registered_at
    FROM facility f, generate_series(1, :zones) n
    """,
    """
    INSERT INTO requirement (zone_id, min_devices, max_gap_s, valid_from)
    SELECT id, 1, 60, registered_at FROM zone
    """,
    """
    INSERT INTO device (facility_id, code, name, kind, zone_id, interval_s, registered_at,
                        approved_at)
    SELECT z.facility_id, z.code || '-' || n, 'Camera ' || n, 'camera', z.id, 30, z.registered_at,
           z.registered_at
    FROM zone z, generate_series(1, :per_zone) n
    """,
)

_EVIDENCE = (
    """
    INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at)
    SELECT d.id, b.day, tstzmultirange(tstzrange(b.start_at, least(b.end_at, :now))), '{}', '{}',
           :now
    FROM device d, LATERAL (
        SELECT CAST(t.at AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date) AS day, t.at AS start_at,
               t.at + interval '1 day' AS end_at
        FROM (SELECT (date_trunc('day', CAST(:now AS timestamptz) AT TIME ZONE 'Asia/Ho_Chi_Minh')
                      - n * interval '1 day') AT TIME ZONE 'Asia/Ho_Chi_Minh' AS at
              FROM generate_series(0, 1) n) t
    ) b
    """,
    """
    INSERT INTO device_latest (device_id, at, received_at, state, readings)
    SELECT id, :now, :now, 'ok', '{"battery": 87, "fps": 12}' FROM device
    """,
    """
    UPDATE device_day SET corrected_at = CAST(:now AS timestamptz) - interval '1 hour',
        late = late + tstzmultirange(tstzrange(CAST(:now AS timestamptz) - interval '5 hours',
                                               CAST(:now AS timestamptz) - interval '3 hours')),
        watched = watched - tstzmultirange(tstzrange(CAST(:now AS timestamptz) - interval '5 hours',
                                               CAST(:now AS timestamptz) - interval '3 hours'))
    WHERE device_id % 50 = 0
    """,
    """
    INSERT INTO device_fault (device_id, day, fault, spans)
    SELECT device_id, day, 'covered',
           tstzmultirange(tstzrange(lower(watched), lower(watched) + interval '40 minutes'))
    FROM device_day WHERE device_id % 100 = 1
    """,
    """
    INSERT INTO ingest_worker (slot, boot, started_at, flushed_at, seen_until)
    VALUES (0, 'bench', :now, :now, :now)
    """,
    """
    INSERT INTO alert_lease (id, holder, epoch, expires_at, judged_until)
    VALUES (1, 'bench', 1, :now, :now)
    """,
)

_ALERTS = (
    """
    INSERT INTO incident (facility_id, cause, state, since_at, opened_at)
    SELECT id, 'facility_silent', 'open', CAST(:now AS timestamptz) - id * interval '1 minute',
           CAST(:now AS timestamptz) - id * interval '1 minute'
    FROM facility WHERE id % 25 = 0
    """,
    """
    INSERT INTO gap (zone_id, facility_id, incident_id, state, from_at, opened_at)
    SELECT z.id, z.facility_id, i.id, 'open', i.since_at, i.since_at
    FROM incident i JOIN zone z USING (facility_id)
    """,
    """
    INSERT INTO gap (zone_id, facility_id, state, from_at, to_at, opened_at, closed_at)
    SELECT z.id, z.facility_id, 'closed', t.at, t.at + interval '7 minutes', t.at, t.at
    FROM zone z, generate_series(1, :history) n,
         LATERAL (SELECT CAST(:now AS timestamptz) - n * interval '1 day'
                         + (z.id % 1300) * interval '1 minute' AS at) t
    WHERE z.id % 4 = n % 4
    """,
    """
    INSERT INTO notification (incident_id, kind, occasion, channel, address, language, role,
        subject, body, message_id, state, created_at, due_at, sent_at)
    SELECT i.id, 'alert', n, 'email', 'nobody@example.invalid', 'vi',
           (ARRAY['FACILITY_MANAGER', 'COMMUNE_CPO', 'DEPT_OFFICER'])[n], '', '', i.id || '-' || n,
           'sent', :now, :now, :now
    FROM incident i, generate_series(1, 3) n
    """,
)


async def seed(engine: AsyncEngine, *, facilities: int, devices: int, now: datetime) -> None:
    """`now` is up to when everything is known; the statistics are fresh afterwards."""
    values = {
        "now": now,
        "communes": COMMUNES,
        "facilities": facilities,
        "zones": ZONES_EACH,
        "per_zone": devices // facilities // ZONES_EACH,
        "history": HISTORY_DAYS,
    }
    async with unit_of_work(engine) as connection:
        for statement in (*_REGISTRY, *_EVIDENCE, *_ALERTS):
            await _run(connection, statement, values)
        await connection.execute(text("ANALYZE"))


async def _run(connection: AsyncConnection, statement: str, values: dict[str, object]) -> None:
    clause = text(statement)
    named = clause.compile().params
    await connection.execute(clause, {name: values[name] for name in named})
