"""A small province with trouble of every kind, to test pages with and to look at them."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.sessions.passwords import hashed
from shared.db.session import unit_of_work
from tests.support import town_story, town_trust
from tests.support.town_time import NOW, ago

__all__ = ["ADMIN", "LEADER", "MANAGER", "NOW", "OFFICER", "PASSWORD", "ago", "build"]

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
ZONES = (
    ("sinh-hoat", "Phòng sinh hoạt", "play_room"),
    ("phong-ngu", "Hành lang phòng ngủ", "corridor"),
)
DEVICES = (
    ("cam-1", "Camera 1", "camera"), ("cam-2", "Camera 2", "camera"),
    ("cua", "Cảm biến cửa", "door"),
)  # fmt: skip


async def build(engine: AsyncEngine) -> None:
    async with unit_of_work(engine) as connection:
        await _registry(connection)
        await _people(connection)
        await town_story.tell(connection)
        await town_trust.tell(connection)


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
    # Here every device must watch, so that one covered camera is a gap.
    await _run(
        connection,
        "UPDATE requirement SET min_devices = 3 WHERE zone_id IN (SELECT z.id FROM zone z "
        "JOIN facility f ON f.id = z.facility_id WHERE f.code = 'BAN-MAI' "
        "AND z.code = 'sinh-hoat')",
    )
    for code, name, kind in DEVICES:
        await _run(
            connection,
            "INSERT INTO device (facility_id, code, name, kind, zone_id, interval_s, "
            "registered_at, approved_at)"
            " SELECT facility_id, code || '-' || :code, :name, :kind, id, 30, registered_at,"
            " CASE WHEN :kind = 'camera' THEN registered_at END FROM zone",
            code=code, name=name, kind=kind,
        )  # fmt: skip
    await _run(
        connection,
        "INSERT INTO camera_approval (device_id, zone_id, purpose, justification, alternatives, "
        "requested_at, review_on, decided_at, is_granted) SELECT id, zone_id, "
        "'Trông trẻ ban đêm', 'Ban đêm chỉ có một người trực', 'Cảm biến không đủ', "
        "registered_at, '2027-06-01', registered_at, true FROM device WHERE kind = 'camera'",
    )


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
