"""When our own pipeline stands still, that is one incident of ours and nobody else's gap."""

import pytest
from sqlalchemy import insert, text

from shared.db.session import unit_of_work
from shared.db.tables import registry
from tests.support.alerting import START, ZONE, World, after

FACILITIES, ROOMS, DEVICES_EACH = 125, 10, 4
#: Every device watched until the broker stopped, and is heard again ten minutes later.
STOPPED, BACK = 120, 720

_ROOMS = text(
    """
    INSERT INTO zone (facility_id, code, name, kind, registered_at)
    SELECT f.id, 'z' || n, 'z' || n, 'play_room', CAST(:at AS timestamptz)
    FROM facility f, generate_series(1, :rooms) n
    """
)
_NEEDS = text(
    """
    INSERT INTO requirement (zone_id, min_devices, max_gap_s, valid_from)
    SELECT id, 1, 60, CAST(:at AS timestamptz) FROM zone
    """
)
_DEVICES = text(
    """
    INSERT INTO device (facility_id, code, name, kind, zone_id, interval_s, registered_at)
    SELECT z.facility_id, z.code || '-' || n, 'd', 'sensor', z.id, 30, CAST(:at AS timestamptz)
    FROM zone z, generate_series(1, :devices) n
    """
)
_WATCH = text(
    """
    INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at)
    SELECT id, :day, tstzmultirange(tstzrange(:start, :end)), '{}', '{}', :end FROM device
    ON CONFLICT (device_id, day) DO UPDATE
        SET watched = device_day.watched + excluded.watched, changed_at = excluded.changed_at
    """
)


@pytest.fixture
async def province(world: World) -> World:
    """Five thousand devices; a manager for every facility, an officer, and our administrator."""
    async with unit_of_work(world.owner) as connection:
        await connection.execute(
            insert(registry.facility),
            [
                {
                    "code": f"F{n}", "name": f"F{n}", "ownership": "public", "children": 30,
                    "admin_unit_id": world.commune_id, "time_zone": ZONE, "registered_at": START,
                }
                for n in range(FACILITIES)
            ],
        )  # fmt: skip
        await connection.execute(_ROOMS, {"at": START, "rooms": ROOMS})
        await connection.execute(_NEEDS, {"at": START})
        await connection.execute(_DEVICES, {"at": START, "devices": DEVICES_EACH})
    for row in await world.rows("SELECT id, code FROM facility"):
        await world.user("FACILITY_MANAGER", facility_id=row.id, email=f"{row.code}@example.org")
    await world.user("DEPT_OFFICER", admin_unit_id=world.province_id)
    await world.user("SYS_ADMIN")
    return world


async def watch(world: World, start_s: float, end_s: float) -> None:
    async with unit_of_work(world.owner) as connection:
        await connection.execute(
            _WATCH, {"day": START.date(), "start": after(start_s), "end": after(end_s)}
        )


async def stand_still(world: World) -> None:
    """The broker stops: nothing comes, and ingest no longer knows."""
    await watch(world, 0, STOPPED)
    for seconds in range(100, STOPPED + 1, 10):
        await world.know_until(seconds)
        await world.tick(seconds)
    for seconds in range(STOPPED + 10, BACK, 30):
        await world.tick(seconds)
        await take_the_mail_away(world)


async def take_the_mail_away(world: World) -> None:
    async with unit_of_work(world.owner) as connection:
        await connection.execute(
            text("UPDATE notification SET state = 'sent', sent_at = created_at")
        )


async def told(world: World) -> dict[str, int]:
    found = await world.rows("SELECT address, count(*) AS n FROM notification GROUP BY address")
    return {row.address: row.n for row in found}


async def test_ten_minutes_without_a_broker_are_one_incident_of_ours(province: World) -> None:
    await stand_still(province)

    assert await province.incidents() == [("platform_blind", "open")]
    assert await told(province) == {"sys_admin@example.org": 1}
    (devices,) = await province.rows("SELECT count(*) AS n FROM device")
    assert devices.n == 5000

    await province.be_blind(STOPPED, BACK)
    await watch(province, BACK, BACK + 200)
    for seconds in range(BACK + 10, BACK + 200, 10):
        await province.know_until(seconds)
        await province.tick(seconds)

    assert await province.gaps() == [], "silence"
    assert await province.incidents() == [("platform_blind", "resolved")]
    assert await told(province) == {"sys_admin@example.org": 2}


async def test_who_is_silent_after_it_is_a_true_gap_and_nobody_elses(province: World) -> None:
    await stand_still(province)
    await province.be_blind(STOPPED, BACK)
    await watch(province, BACK, BACK + 200)
    (lost,) = await province.rows("SELECT min(facility_id) AS id FROM zone")
    async with unit_of_work(province.owner) as connection:
        await connection.execute(
            text(
                "UPDATE device_day SET watched = tstzmultirange(tstzrange(:start, :end)) "
                "WHERE device_id IN (SELECT id FROM device WHERE facility_id = :facility)"
            ),
            {"start": START, "end": after(STOPPED), "facility": lost.id},
        )
    for seconds in range(BACK + 10, BACK + 200, 10):
        await province.know_until(seconds)
        await province.tick(seconds)

    found = await province.rows("SELECT DISTINCT facility_id, from_at FROM gap")
    assert [(row.facility_id, row.from_at) for row in found] == [(lost.id, after(BACK))]
    mails = await told(province)
    assert mails.pop("sys_admin@example.org") == 2
    assert set(mails.values()) == {1}
    assert "F0@example.org" in mails
