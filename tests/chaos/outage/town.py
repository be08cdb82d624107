"""Forty rooms a facility with a device each, and who is to be told of them."""

from datetime import datetime
from typing import Any, Final

import asyncpg

from tests.chaos.outage.pace import Pace

DEVICES_EACH: Final = 40
FACILITIES_EACH: Final = 10
#: Who is told of us.
ADMINS: Final = frozenset({"admin1@example.org", "admin2@example.org"})
DEPARTMENT: Final = "department@example.org"


def facility_of(device: int) -> int:
    return device // DEVICES_EACH


def facility_code(facility: int) -> str:
    return f"F{facility}"


def device_code(device: int) -> str:
    return f"D{device}"


def manager_of(device: int) -> str:
    return f"manager{facility_of(device)}@example.org"


def officer_of(device: int) -> str:
    return f"officer{facility_of(device) // FACILITIES_EACH}@example.org"


async def build(link: "asyncpg.Connection[Any]", *, devices: int, pace: Pace, at: datetime) -> None:
    """Nothing is required of anybody yet."""
    facilities = facility_of(devices - 1) + 1
    communes = (facilities - 1) // FACILITIES_EACH + 1
    facts = {
        "at": at, "devices": devices, "facilities": facilities, "communes": communes,
        "each": DEVICES_EACH, "per": FACILITIES_EACH, "interval": pace.interval_s,
        "second": pace.second_step_s,
    }  # fmt: skip
    for statement in _BUILD:
        used = [name for name in facts if f":{name}:" in statement]
        numbered = statement
        for number, name in enumerate(used, start=1):
            numbered = numbered.replace(f":{name}:", f"${number}")
        await link.execute(numbered, *(facts[name] for name in used))


async def require(link: "asyncpg.Connection[Any]", *, pace: Pace, at: datetime) -> None:
    """From this moment on every room has to be watched."""
    await link.execute(
        "INSERT INTO requirement (zone_id, min_devices, max_gap_s, valid_from) "
        "SELECT id, 1, $1, $2 FROM zone",
        float(pace.tolerated_s),
        at,
    )


async def forget_blindness(link: "asyncpg.Connection[Any]") -> None:
    """The planted fault: nothing of what we could not know is kept."""
    await link.execute(
        "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    )
    await link.execute(
        "CREATE TRIGGER forget BEFORE INSERT ON blind_span FOR EACH ROW EXECUTE FUNCTION forget()"
    )


_BUILD: Final = (
    """
    INSERT INTO admin_unit (code, name, level, kind, valid_from)
    VALUES ('51', 'Quảng Ngãi', 'province', 'province', '2025-07-01')
    """,
    """
    INSERT INTO admin_unit (code, name, level, kind, valid_from, parent_id)
    SELECT 'C' || n, 'xã ' || n, 'commune', 'commune', '2025-07-01',
           (SELECT id FROM admin_unit WHERE code = '51')
    FROM generate_series(0, CAST(:communes: AS int) - 1) AS n
    """,
    """
    INSERT INTO ladder_step (step, role, after_s, valid_from)
    SELECT step, role, (step - 1) * CAST(:second: AS int), CAST(:at: AS timestamptz)
    FROM (VALUES (1, 'FACILITY_MANAGER'), (2, 'COMMUNE_CPO'), (3, 'DEPT_OFFICER')) AS r (step, role)
    """,
    """
    INSERT INTO facility (code, name, ownership, admin_unit_id, time_zone, children, registered_at)
    SELECT 'F' || n, 'Facility ' || n, 'public',
           (SELECT id FROM admin_unit WHERE code = 'C' || n / CAST(:per: AS int)),
           'Asia/Ho_Chi_Minh', 30, CAST(:at: AS timestamptz)
    FROM generate_series(0, CAST(:facilities: AS int) - 1) AS n
    """,
    """
    INSERT INTO zone (facility_id, code, name, kind, registered_at)
    SELECT f.id, 'Z' || n, 'Room ' || n, 'play_room', CAST(:at: AS timestamptz)
    FROM generate_series(0, CAST(:devices: AS int) - 1) AS n
    JOIN facility f ON f.code = 'F' || n / CAST(:each: AS int)
    """,
    """
    INSERT INTO device (facility_id, zone_id, code, name, kind, interval_s, registered_at)
    SELECT facility_id, id, 'D' || substr(code, 2), code, 'sensor', CAST(:interval: AS int),
           CAST(:at: AS timestamptz)
    FROM zone
    """,
    """
    INSERT INTO user_account (email, name, language, password_hash, created_at)
    SELECT email || '@example.org', 'x', 'vi', 'x', CAST(:at: AS timestamptz) FROM (
        SELECT 'manager' || n FROM generate_series(0, CAST(:facilities: AS int) - 1) AS n
        UNION ALL SELECT 'officer' || n FROM generate_series(0, CAST(:communes: AS int) - 1) AS n
        UNION ALL VALUES ('department'), ('admin1'), ('admin2')) AS people (email)
    """,
    """
    INSERT INTO role_assignment (user_id, role, facility_id, admin_unit_id, valid_from)
    SELECT u.id,
           CASE WHEN f.id IS NOT NULL THEN 'FACILITY_MANAGER' WHEN c.id IS NOT NULL
                THEN 'COMMUNE_CPO' WHEN u.email LIKE 'admin%' THEN 'SYS_ADMIN'
                ELSE 'DEPT_OFFICER' END,
           f.id,
           CASE WHEN u.email LIKE 'department%' THEN (SELECT id FROM admin_unit WHERE code = '51')
                ELSE c.id END,
           CAST(:at: AS timestamptz)
    FROM user_account u
    LEFT JOIN facility f ON u.email = 'manager' || substr(f.code, 2) || '@example.org'
    LEFT JOIN admin_unit c ON u.email = 'officer' || substr(c.code, 2) || '@example.org'
    """,
    "ANALYZE",
)
