"""A town in which one device after the other falls silent, and who is to be told of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

DEPARTMENT: Final = "department@example.org"
TELEPHONE: Final = "+84900000001"


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody is to be told of a facility, through a channel."""

    facility: str
    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Town:
    """So many facilities; a device in each falls silent, evenly over a time."""

    facilities: int
    begins_at: datetime
    lasts: timedelta

    @property
    def expected(self) -> Iterator[Expected]:
        for number in range(1, self.facilities + 1):
            name = name_of(number)
            yield Expected(name, "email", f"m{number}@example.org")
            yield Expected(name, "sms", TELEPHONE)
            yield Expected(name, "email", DEPARTMENT)

    async def build(self, link: "asyncpg.Connection[Any]") -> None:
        """Everything is on record from the begin; it becomes known as the watermark moves on."""
        born = self.begins_at - timedelta(hours=1)
        for statement in _BUILD:
            facts = [born, self.facilities, self.begins_at, self.lasts]
            wanted = max((n for n in range(1, 5) if f"${n}" in statement), default=0)
            await link.execute(statement, *facts[:wanted])


def name_of(number: int) -> str:
    return f"Facility-{number:05}."


async def know_until(link: "asyncpg.Connection[Any]", at: datetime) -> None:
    """What ingest does: everything before this moment is on record."""
    await link.execute("UPDATE ingest_worker SET seen_until = $1, flushed_at = $1", at)


# Of $1 every statement has need, or the driver could not tell its type.
_BUILD: Final = (
    """
    INSERT INTO admin_unit (code, name, level, kind, valid_from)
    VALUES ('51', 'Quảng Ngãi', 'province', 'province',
            CAST(CAST($1 AS timestamptz) AS date) - 500)
    """,
    """
    INSERT INTO admin_unit (code, name, level, kind, valid_from, parent_id)
    SELECT '21172', 'xã Ba Gia', 'commune', 'commune',
           CAST(CAST($1 AS timestamptz) AS date) - 500, id
    FROM admin_unit WHERE code = '51'
    """,
    """
    INSERT INTO ladder_step (step, role, after_s, channels, valid_from)
    SELECT step, role, step - 1, ARRAY[channel], CAST($1 AS timestamptz)
    FROM (VALUES (1, 'FACILITY_MANAGER', 'email'), (2, 'COMMUNE_CPO', 'sms'),
                 (3, 'DEPT_OFFICER', 'email')) AS rung (step, role, channel)
    """,
    """
    INSERT INTO ingest_worker (slot, boot, started_at, flushed_at, seen_until)
    VALUES (0, 'b', CAST($1 AS timestamptz), CAST($1 AS timestamptz), CAST($1 AS timestamptz))
    """,
    """
    INSERT INTO facility (code, name, ownership, admin_unit_id, time_zone, children, registered_at)
    SELECT 'F' || n, 'Facility-' || lpad(CAST(n AS text), 5, '0') || '.', 'public',
           (SELECT id FROM admin_unit WHERE level = 'commune'), 'Asia/Ho_Chi_Minh', 30,
           CAST($1 AS timestamptz)
    FROM generate_series(1, 2 * CAST($2 AS int) + 2) AS n
    """,
    """
    INSERT INTO zone (facility_id, code, name, kind, registered_at)
    SELECT f.id, room.code, 'Room ' || room.code, 'play_room', CAST($1 AS timestamptz)
    FROM facility f CROSS JOIN (VALUES ('a'), ('b')) AS room (code) ORDER BY f.id, room.code
    """,
    # A gap is one after two seconds, so that it can be told within a run.
    """
    INSERT INTO requirement (zone_id, min_devices, max_gap_s, valid_from)
    SELECT id, 1, 2, CAST($1 AS timestamptz) FROM zone
    """,
    """
    INSERT INTO device (facility_id, zone_id, code, name, kind, interval_s, registered_at,
                        approved_at)
    SELECT facility_id, id, code, code, 'camera', 1, CAST($1 AS timestamptz),
           CAST($1 AS timestamptz)
    FROM zone ORDER BY id
    """,
    # The device in room b watches on; the one in room a until its time has come. In more than half
    # of the facilities all is well: or it would be one outage of an area, told once.
    """
    WITH watch AS (
        SELECT d.id AS device_id, tstzrange(CAST($1 AS timestamptz), CAST($3 AS timestamptz) + CASE
                   WHEN d.code = 'b' OR CAST(substr(f.code, 2) AS int) > $2 THEN interval '1 day'
                   ELSE CAST($4 AS interval) * (CAST(substr(f.code, 2) AS int) / CAST($2 AS float))
               END) AS span
        FROM device d JOIN facility f ON f.id = d.facility_id
    ), days AS (
        SELECT day, tstzrange(CAST(day AS timestamp) AT TIME ZONE 'Asia/Ho_Chi_Minh',
                              CAST(day + 1 AS timestamp) AT TIME ZONE 'Asia/Ho_Chi_Minh') AS span
        FROM (SELECT CAST(CAST($1 AS timestamptz) AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date) + n
              FROM generate_series(0, 2) AS n) AS near (day)
    )
    INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at)
    SELECT device_id, day, tstzmultirange(watch.span * days.span), '{}', '{}',
           CAST($1 AS timestamptz)
    FROM watch JOIN days ON watch.span && days.span
    """,
    """
    INSERT INTO user_account (email, name, language, password_hash, created_at)
    SELECT email, 'x', 'vi', 'x', CAST($1 AS timestamptz) FROM (
        SELECT 'm' || n || '@example.org' AS email FROM generate_series(1, CAST($2 AS int)) AS n
        UNION ALL VALUES ('officer@example.org'), ('department@example.org')) AS people
    """,
    """
    INSERT INTO role_assignment (user_id, role, facility_id, valid_from)
    SELECT u.id, 'FACILITY_MANAGER', f.id, CAST($1 AS timestamptz)
    FROM facility f JOIN user_account u ON u.email = 'm' || substr(f.code, 2) || '@example.org'
    """,
    """
    INSERT INTO role_assignment (user_id, role, admin_unit_id, valid_from)
    SELECT u.id, role, a.id, CAST($1 AS timestamptz)
    FROM (VALUES ('officer@example.org', 'COMMUNE_CPO', 'commune'),
                 ('department@example.org', 'DEPT_OFFICER', 'province')
         ) AS held (email, role, level)
    JOIN user_account u ON u.email = held.email JOIN admin_unit a ON a.level = held.level
    """,
    """
    INSERT INTO contact_point (user_id, channel, address, created_at, verified_at)
    SELECT id, 'sms', '+84900000001', CAST($1 AS timestamptz), CAST($1 AS timestamptz)
    FROM user_account WHERE email = 'officer@example.org'
    """,
)
