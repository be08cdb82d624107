"""A small province with trouble of every kind: what the console's pages are tested and seen with."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.sessions.passwords import hashed
from shared.db.session import unit_of_work

#: 23:59:55 in Viet Nam.
NOW = datetime(2026, 11, 23, 16, 59, 55, tzinfo=UTC)
PASSWORD = "mat-khau-de-thu"
ADMIN = "quan.tri@example.vn"
OFFICER = "can.bo@example.vn"
MANAGER = "hoa.sen@example.vn"
LEADER = "lanh.dao@example.vn"

COMMUNES = (
    ("KT", "phường Kon Tum"), ("MD", "xã Măng Đen"), ("DH", "xã Đăk Hà"), ("BT", "xã Ba Tơ"),
    ("NL", "phường Nghĩa Lộ"),
)  # fmt: skip
#: code, name, commune, ownership, children
FACILITIES = (
    ("HOA-SEN", "Mái ấm Hoa Sen", "KT", "non_public", 148),
    ("BAN-MAI", "Nhà tình thương Ban Mai", "MD", "non_public", 23),
    ("HY-VONG", "Làng trẻ Hy Vọng", "DH", "non_public", 54),
    ("HOA-MAI", "Mái ấm Hoa Mai <script>alert(1)</script>", "BT", "non_public", 31),
    (
        "TT-QN",
        "Trung tâm Nuôi dưỡng trẻ mồ côi, trẻ khuyết tật và người già neo đơn Quảng Ngãi",
        "NL", "public", 71,
    ),
    ("BTXH-KT", "Trung tâm Bảo trợ và Công tác xã hội", "KT", "public", 62),
)  # fmt: skip
ZONES = (("sinh-hoat", "Phòng sinh hoạt", "play_room"), ("phong-ngu", "Hành lang phòng ngủ", "corridor"))
DEVICES = (
    ("cam-1", "Camera 1", "camera"), ("cam-2", "Camera 2", "camera"),
    ("cua", "Cảm biến cửa", "door"),
)  # fmt: skip


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


#: What every device of these facilities does not attest, hours before NOW.
SILENT = {"HOA-SEN": (1.6, 0), "BTXH-KT": (9.9, 9.6)}
#: One device's poor picture.
POOR = {"HY-VONG": ("cam-1", "dark", 5.9, 0.0), "BAN-MAI": ("cam-1", "covered", 0.45, 0.0)}
LATE = {"HOA-MAI": (17.8, 13.1)}


async def build(engine: AsyncEngine) -> None:
    async with unit_of_work(engine) as connection:
        await _registry(connection)
        await _people(connection)
        await _evidence(connection)
        await _alerts(connection)


async def _run(connection: AsyncConnection, statement: str, **values: object) -> None:
    await connection.execute(text(statement), values)


async def _registry(connection: AsyncConnection) -> None:
    await _run(
        connection,
        "INSERT INTO admin_unit (code, name, level, kind, valid_from) "
        "VALUES ('51', 'Quảng Ngãi', 'province', 'province', '2025-07-01')",
    )
    for code, name in COMMUNES:
        await _run(
            connection,
            "INSERT INTO admin_unit (code, name, level, kind, parent_id, valid_from) "
            "SELECT :code, :name, 'commune', 'commune', id, '2025-07-01' FROM admin_unit "
            "WHERE code = '51'",
            code=code,
            name=name,
        )
    for code, name, commune, ownership, children in FACILITIES:
        await _run(
            connection,
            "INSERT INTO facility (code, name, ownership, admin_unit_id, time_zone, children, "
            "registered_at) SELECT :code, :name, :ownership, id, 'Asia/Ho_Chi_Minh', :children, "
            ":at FROM admin_unit WHERE code = :commune",
            code=code, name=name, ownership=ownership, children=children, commune=commune,
            at=ago(2000),
        )  # fmt: skip
    for code, name, kind in ZONES:
        await _run(
            connection,
            "INSERT INTO zone (facility_id, code, name, kind, registered_at) "
            "SELECT id, :code, :name, :kind, registered_at FROM facility",
            code=code, name=name, kind=kind,
        )  # fmt: skip
    await _run(
        connection,
        "INSERT INTO requirement (zone_id, min_devices, max_gap_s, valid_from) "
        "SELECT id, 1, 60, registered_at FROM zone",
    )
    for code, name, kind in DEVICES:
        await _run(
            connection,
            "INSERT INTO device (facility_id, code, name, kind, zone_id, interval_s, registered_at)"
            " SELECT facility_id, code || '-' || :code, :name, :kind, id, 30, registered_at"
            " FROM zone",
            code=code, name=name, kind=kind,
        )  # fmt: skip


async def _people(connection: AsyncConnection) -> None:
    password_hash = hashed(PASSWORD)
    for email, name, language, role, unit, facility in (
        (ADMIN, "Y Thu Hà", "vi", "SYS_ADMIN", None, None),
        (OFFICER, "A Trung", "vi", "COMMUNE_CPO", "MD", None),
        (MANAGER, "Sister Mai", "en", "FACILITY_MANAGER", None, "HOA-SEN"),
        (LEADER, "Y Ngọc", "vi", "PPC_LEADER", "51", None),
    ):
        await _run(
            connection,
            "INSERT INTO user_account (email, name, language, password_hash, created_at) "
            "VALUES (:email, :name, :language, :hash, :at)",
            email=email, name=name, language=language, hash=password_hash, at=ago(1000),
        )  # fmt: skip
        await _run(
            connection,
            "INSERT INTO role_assignment (user_id, role, admin_unit_id, facility_id, valid_from) "
            "SELECT id, :role, (SELECT id FROM admin_unit WHERE code = :unit), "
            "(SELECT id FROM facility WHERE code = :facility), :at "
            "FROM user_account WHERE email = :email",
            role=role, unit=unit, facility=facility, at=ago(1000), email=email,
        )  # fmt: skip


_OF_FACILITY = (
    "device_id IN (SELECT d.id FROM device d JOIN facility f ON f.id = d.facility_id "
    "WHERE f.code = :facility"
)


async def _evidence(connection: AsyncConnection) -> None:
    await _run(
        connection,
        "INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at) "
        "SELECT d.id, CAST(b.at AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date), "
        "tstzmultirange(tstzrange(b.at, least(b.at + interval '1 day', CAST(:now AS timestamptz)))),"
        " '{}', '{}', :now FROM device d, "
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
        at=ago(0.2), email=OFFICER,
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
