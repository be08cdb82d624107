"""What happened in the small province: silence, poor pictures, late evidence, incidents."""

# ruff: noqa: S608 - fixed statements, put together from fixed parts
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.support.town_time import NOW, ago

#: What every device of these facilities does not attest, hours before NOW.
SILENT = {"HOA-SEN": (1.6, 0), "BTXH-KT": (9.9, 9.6)}
#: One device's poor picture.
POOR = {"HY-VONG": ("cam-1", "dark", 5.9, 0.0), "BAN-MAI": ("cam-1", "covered", 0.45, 0.0)}
LATE = {"HOA-MAI": (17.8, 13.1)}


async def _run(connection: AsyncConnection, statement: str, **values: object) -> None:
    await connection.execute(text(statement), values)


_OF_FACILITY = (
    "device_id IN (SELECT d.id FROM device d JOIN facility f ON f.id = d.facility_id "
    "WHERE f.code = :facility"
)


async def tell(connection: AsyncConnection) -> None:
    await _evidence(connection)
    await _alerts(connection)


async def _evidence(connection: AsyncConnection) -> None:
    await _run(
        connection,
        "INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at) "
        "SELECT d.id, CAST(b.at AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date), "
        "tstzmultirange(tstzrange(b.at, least(b.at + interval '1 day', CAST(:now AS timestamptz"
        ")))), '{}', '{}', :now FROM device d, "
        "(VALUES (CAST(:midnight AS timestamptz)), "
        "(CAST(:midnight AS timestamptz) - interval '1 day')) b (at)",
        now=NOW, midnight=datetime(2026, 11, 22, 17, tzinfo=UTC),
    )  # fmt: skip
    await _run(
        connection,
        "INSERT INTO device_latest (device_id, at, received_at, state, readings) "
        "SELECT id, :at, :at, 'ok', '{\"battery\": 87, \"rssi\": -61}' FROM device",
        at=NOW - timedelta(seconds=11),
    )
    for facility, (start, end) in SILENT.items():
        await _run(
            connection,
            "UPDATE device_day SET watched = watched - tstzmultirange(tstzrange(:start, :end)) "
            f"WHERE {_OF_FACILITY})",
            facility=facility, start=ago(start), end=ago(end),
        )  # fmt: skip
    await _run(
        connection,
        f"UPDATE device_latest SET at = :at, received_at = :at WHERE {_OF_FACILITY})",
        facility="HOA-SEN", at=ago(1.6),
    )  # fmt: skip
    for facility, (start, end) in LATE.items():
        await _run(
            connection,
            "UPDATE device_day SET watched = watched - tstzmultirange(tstzrange(:start, :end)), "
            "late = late + tstzmultirange(tstzrange(:start, :end)) "
            "  * tstzmultirange(tstzrange(lower(watched), upper(watched))), corrected_at = :at "
            f"WHERE {_OF_FACILITY})",
            facility=facility, start=ago(start), end=ago(end), at=ago(13),
        )  # fmt: skip
    for facility, (device, fault, start, end) in POOR.items():
        await _poor(connection, facility, device, fault, ago(start), ago(end))
    await _run(
        connection,
        "INSERT INTO ingest_worker (slot, boot, started_at, flushed_at, seen_until) "
        "VALUES (0, 'b', :at, :now, :now)",
        at=ago(100), now=NOW - timedelta(seconds=2),
    )  # fmt: skip
    await _run(
        connection,
        "INSERT INTO blind_span (slot, from_at, to_at) VALUES (0, :start, :end)",
        start=ago(13), end=ago(12.7),
    )  # fmt: skip
    await _run(
        connection,
        "INSERT INTO quarantine (reason, topic, facility_code, device_code, sample, count, "
        "first_at, last_at) VALUES "
        "('unreadable', 'giamsat/v1/BAN-MAI/cam-9/heartbeat', 'BAN-MAI', 'cam-9', "
        "'<b>not json', 12, :first, :last), "
        "('future', 'giamsat/v1/HOA-SEN/sinh-hoat-cua/heartbeat', 'HOA-SEN', 'sinh-hoat-cua', "
        "'{\"at\": 1999999999999}', 3, :first, :last)",
        first=ago(30), last=ago(2),
    )  # fmt: skip


async def _poor(
    connection: AsyncConnection,
    facility: str,
    device: str,
    fault: str,
    start: datetime,
    end: datetime,
) -> None:
    which = f"{_OF_FACILITY} AND d.code = :device)"
    values = {"facility": facility, "device": f"sinh-hoat-{device}"}
    await _run(
        connection,
        "UPDATE device_day SET impaired = tstzmultirange(tstzrange(:start, :end)) "
        f"WHERE day = '2026-11-23' AND {which}",
        start=start, end=end, **values,
    )  # fmt: skip
    await _run(
        connection,
        "INSERT INTO device_fault (device_id, day, fault, spans) SELECT device_id, day, :fault, "
        f"impaired FROM device_day WHERE day = '2026-11-23' AND {which}",
        fault=fault, **values,
    )  # fmt: skip
    await _run(
        connection, f"UPDATE device_latest SET state = :fault WHERE {which}", fault=fault, **values
    )


async def _alerts(connection: AsyncConnection) -> None:
    await _run(
        connection,
        "INSERT INTO alert_lease (id, holder, epoch, expires_at, judged_until) "
        "VALUES (1, 'a', 1, :now, :at)",
        now=NOW, at=NOW - timedelta(seconds=2),
    )  # fmt: skip
    for facility, cause, zone, start, end in (
        ("HOA-SEN", "facility_silent", None, 1.6, None),
        ("BAN-MAI", "picture", "sinh-hoat", 0.45, None),
        ("BTXH-KT", "facility_silent", None, 9.9, 9.6),
    ):
        await _incident(connection, facility, cause, zone, ago(start), end)
    await _run(
        connection,
        "INSERT INTO acknowledgement (incident_id, user_id, note, acknowledged_at) "
        "SELECT i.id, u.id, 'Đã gọi cô Liên, đang lau ống kính', :at "
        "FROM incident i JOIN facility f ON f.id = i.facility_id, user_account u "
        "WHERE f.code = 'BAN-MAI' AND u.email = :email",
        at=ago(0.2), email="can.bo@example.vn",
    )  # fmt: skip


async def _incident(
    connection: AsyncConnection,
    facility: str,
    cause: str,
    zone: str | None,
    start: datetime,
    end_h: float | None,
) -> None:
    end = None if end_h is None else ago(end_h)
    found = await connection.execute(
        text(
            "INSERT INTO incident (facility_id, cause, state, since_at, opened_at, resolved_at) "
            "SELECT id, :cause, :state, :start, :opened, :end FROM facility WHERE code = :facility "
            "RETURNING id"
        ),
        {
            "facility": facility, "cause": cause, "start": start, "end": end,
            "state": "resolved" if end else "open", "opened": start + timedelta(seconds=72),
        },
    )  # fmt: skip
    incident_id = found.scalar_one()
    await _run(
        connection,
        "INSERT INTO gap (zone_id, facility_id, incident_id, state, from_at, to_at, opened_at, "
        "closed_at) SELECT z.id, z.facility_id, :incident, :state, :start, :end, :opened, :end "
        "FROM zone z JOIN facility f ON f.id = z.facility_id "
        "WHERE f.code = :facility AND z.code = coalesce(:zone, z.code)",
        incident=incident_id, state="closed" if end else "open", start=start, end=end,
        opened=start + timedelta(seconds=62), facility=facility, zone=zone,
    )  # fmt: skip
    await _history(connection, incident_id, cause, start, end)
    for step, role in enumerate(("FACILITY_MANAGER", "COMMUNE_CPO", "DEPT_OFFICER")):
        at = start + timedelta(minutes=(5, 15, 30)[step])
        if at > (end or NOW):
            continue
        await _run(
            connection,
            "INSERT INTO notification (incident_id, kind, occasion, channel, address, language, "
            "role, subject, body, message_id, state, created_at, due_at, sent_at) "
            "VALUES (:incident, 'alert', :step, 'email', :role || '@example.vn', 'vi', :role, '', "
            "'', :message, 'sent', :at, :at, :at)",
            incident=incident_id, step=step, role=role, message=f"{incident_id}-{step}", at=at,
        )  # fmt: skip


async def _history(
    connection: AsyncConnection,
    incident_id: int,
    cause: str,
    start: datetime,
    end: datetime | None,
) -> None:
    for at, kind, ended in (
        (start + timedelta(seconds=62), "gap_opened", False),
        (start + timedelta(seconds=62), "incident_opened", False),
        (end, "gap_closed", True),
        (end, "resolved", True),
    ):
        if at is None or (ended and end is None):
            continue
        await _run(
            connection,
            "INSERT INTO event (happened_at, kind, facility_id, incident_id, gap_id, detail) "
            "SELECT :at, :kind, g.facility_id, :incident, "
            "CASE WHEN CAST(:kind AS text) LIKE 'gap%' THEN g.id END, "
            "jsonb_build_object('cause', CAST(:cause AS text)) FROM gap g "
            "WHERE g.incident_id = :incident ORDER BY g.id "
            "LIMIT CASE WHEN CAST(:kind AS text) LIKE 'gap%' THEN 9 ELSE 1 END",
            at=at, kind=kind, incident=incident_id, cause=cause,
        )  # fmt: skip
