from sqlalchemy import delete, update

from shared.db.session import unit_of_work
from shared.db.tables import ladders, people
from tests.support.alerting import START, World, after


async def silent_facility(world: World, *, zones: int = 1) -> int:
    """Every device was last heard at 100, and is due every 10 s; its gap opens at 161."""
    facility = await world.facility()
    for number in range(zones):
        zone = await world.zone(facility, f"z{number}")
        await world.attest(await world.device(facility, zone, f"d{number}"), 0, 100 + number)
    await world.pass_time(100, since_s=100)
    return facility


async def test_the_ladder_is_climbed_in_order_and_in_time(world: World) -> None:
    await world.usual_people(await silent_facility(world))
    await world.pass_time(219, since_s=161, step_s=1)
    assert await world.mails() == [("alert", "facility_manager")]
    await world.pass_time(220, since_s=220)
    assert (await world.mails())[1:] == [("escalation", "commune_cpo")]
    await world.pass_time(339, since_s=230, step_s=10)
    assert len(await world.mails()) == 2
    await world.pass_time(400, since_s=341, step_s=10)

    assert (await world.mails())[2:] == [("escalation", "dept_officer")]


async def test_who_acknowledged_stops_the_ladder(world: World) -> None:
    facility = await silent_facility(world)
    manager = await world.user("FACILITY_MANAGER", facility_id=facility)
    await world.user("COMMUNE_CPO", admin_unit_id=world.commune_id)
    await world.pass_time(181, since_s=161, step_s=5)
    (incident,) = await world.rows("SELECT id FROM incident")
    await world.acknowledge(incident.id, manager, 185)
    await world.pass_time(600, since_s=190, step_s=30)

    assert await world.mails() == [("alert", "facility_manager")]
    (row,) = await world.rows("SELECT acknowledged_at FROM incident")
    assert row.acknowledged_at == after(185)
    assert (await world.events()).count("acknowledged") == 1


async def test_where_nobody_holds_a_role_the_next_one_is_told_at_once(world: World) -> None:
    await silent_facility(world)
    await world.user("COMMUNE_CPO", admin_unit_id=world.commune_id)
    await world.pass_time(172, since_s=161)

    assert await world.mails() == [("alert", "commune_cpo")]
    unreachable, told = await world.rows(
        "SELECT kind, detail FROM event WHERE kind IN ('step_unreachable', 'told') ORDER BY id"
    )
    assert unreachable.detail["role"] == "FACILITY_MANAGER"
    assert told.detail["reason"] == "previous_unreachable"
    (mail,) = await world.rows("SELECT body FROM notification")
    assert "hệ thống chưa có người dùng nào giữ vai trò" in mail.body


async def test_where_nobody_is_on_record_the_administrators_are_told(world: World) -> None:
    await silent_facility(world)
    await world.user("SYS_ADMIN")
    await world.pass_time(172, since_s=161)

    assert await world.mails() == [("alert", "sys_admin")]


async def test_only_who_holds_the_role_there_and_now_is_told(world: World) -> None:
    facility = await silent_facility(world)
    other = await world.facility("F2")
    await world.user("FACILITY_MANAGER", facility_id=other, email="other@example.org")
    gone = await world.user("FACILITY_MANAGER", facility_id=facility, email="gone@example.org")
    ended = await world.user("FACILITY_MANAGER", facility_id=facility, email="ended@example.org")
    await world.user("FACILITY_MANAGER", facility_id=facility, email="here@example.org")
    async with unit_of_work(world.owner) as connection:
        await connection.execute(
            update(people.user_account)
            .where(people.user_account.c.id == gone)
            .values(disabled_at=START)
        )
        await connection.execute(
            update(people.role_assignment)
            .where(people.role_assignment.c.user_id == ended)
            .values(valid_to=START)
        )
    await world.pass_time(172, since_s=161)

    assert await world.mails() == [("alert", "here")]


async def test_a_facility_that_falls_silent_piece_by_piece_is_one_incident(world: World) -> None:
    facility = await silent_facility(world, zones=6)
    await world.usual_people(facility)
    await world.pass_time(175, since_s=155)

    assert await world.incidents() == [("facility_silent", "open")]
    assert len(await world.gaps()) == 6
    assert await world.mails() == [("alert", "facility_manager")]
    (mail,) = await world.rows("SELECT subject FROM notification")
    assert mail.subject == "Mái ấm Hoa Sen: gián đoạn giám sát, toàn bộ cơ sở mất tín hiệu"


async def test_what_began_as_one_device_widens_while_nobody_is_told(world: World) -> None:
    facility = await world.facility()
    first = await world.device(facility, await world.zone(facility, "z1", max_gap_s=5), "d1")
    second = await world.device(facility, await world.zone(facility, "z2"), "d2")
    await world.usual_people(facility)
    await world.attest(first, 0, 100)
    await world.attest(second, 0, 101)
    await world.pass_time(107, since_s=100)
    assert await world.incidents() == [("device_silent", "open")]
    await world.pass_time(200, since_s=108, step_s=4)

    assert await world.incidents() == [("facility_silent", "open")]
    assert [len(await world.gaps()), (await world.events()).count("incident_widened")] == [2, 1]


async def never_heard(world: World) -> None:
    """Three rooms, each less patient than the next; the devices of the last two speak rarely."""
    facility = await world.facility()
    await world.usual_people(facility)
    for number, max_gap_s in enumerate((20, 90, 120)):
        zone = await world.zone(facility, f"z{number}", max_gap_s=max_gap_s)
        await world.device(facility, zone, f"d{number}", interval_s=60 if number else 10)


async def test_rooms_of_a_facility_never_heard_are_one_incident_though_told_one_by_one(
    world: World,
) -> None:
    await never_heard(world)
    await world.pass_time(35, since_s=15, step_s=2)
    assert await world.incidents() == [("device_silent", "open")]
    assert await world.mails() == [("alert", "facility_manager")]
    await world.pass_time(140, since_s=37, step_s=3)

    assert await world.incidents() == [("facility_silent", "open")]
    assert (await world.events()).count("incident_widened") == 1
    news = await world.rows("SELECT address, subject FROM notification WHERE kind = 'news'")
    whole = "Mái ấm Hoa Sen: gián đoạn giám sát, toàn bộ cơ sở mất tín hiệu"
    assert {row.subject for row in news} == {whole}
    assert len({row.address for row in news}) == len(news) == 2


async def test_a_device_that_died_before_its_facility_keeps_its_own_incident(
    world: World,
) -> None:
    facility = await world.facility()
    await world.usual_people(facility)
    for number in range(4):
        zone = await world.zone(facility, f"z{number}")
        device = await world.device(facility, zone, f"d{number}")
        await world.attest(device, 0, 300 if number else 100)
    await world.pass_time(380, since_s=155, step_s=15)

    assert await world.incidents() == [("device_silent", "open"), ("facility_silent", "open")]


async def test_one_device_among_many_is_only_that_device(world: World) -> None:
    facility = await world.facility()
    for number in range(3):
        device = await world.device(
            facility, await world.zone(facility, f"z{number}"), f"d{number}"
        )
        await world.attest(device, 0, 300 if number else 100)
    await world.usual_people(facility)
    await world.pass_time(172, since_s=150)

    assert await world.incidents() == [("device_silent", "open")]
    (mail,) = await world.rows("SELECT subject FROM notification")
    assert mail.subject == "Mái ấm Hoa Sen: gián đoạn giám sát – Phòng z0"


async def test_a_gateway_that_still_speaks_does_not_speak_for_the_devices(world: World) -> None:
    facility = await silent_facility(world)
    gateway = await world.device(facility, None, "gw", kind="gateway")
    await world.attest(gateway, 0, 300)
    await world.pass_time(162, since_s=161)

    assert await world.incidents() == [("facility_silent", "open")]


async def test_the_mail_says_what_where_since_when_and_why(world: World) -> None:
    facility = await silent_facility(world)
    await world.user("FACILITY_MANAGER", facility_id=facility, language="en")
    await world.user("COMMUNE_CPO", admin_unit_id=world.commune_id)
    await world.pass_time(230, since_s=161, step_s=3)

    english, vietnamese = await world.rows("SELECT * FROM notification ORDER BY id")
    assert english.subject == "Mái ấm Hoa Sen: nothing is watched, the whole facility is silent"
    for said in (
        "Facility: Mái ấm Hoa Sen",
        "Commune: xã Ba Gia",
        "Phòng z0: not watched since 12:01, 20 Nov 2026 (1 min)",
        "power cut",
        "Nobody else has been told yet.",
        f"https://giamsat.example/incidents/{english.incident_id}",
    ):
        assert said in english.body
    assert "Đã báo cho: cơ sở." in vietnamese.body
    assert "gián đoạn giám sát từ 12:01, 20/11/2026 (2 phút)" in vietnamese.body


async def test_an_empty_ladder_falls_back_to_the_usual_one(world: World) -> None:
    await world.usual_people(await silent_facility(world))
    async with unit_of_work(world.owner) as connection:
        await connection.execute(delete(ladders.ladder_step))
    await world.pass_time(459, since_s=161, step_s=13)
    assert await world.mails() == []
    await world.pass_time(465, since_s=460)

    assert await world.mails() == [("alert", "facility_manager")]


async def test_recovery_goes_to_those_who_were_told_and_to_nobody_else(world: World) -> None:
    facility = await silent_facility(world)
    await world.usual_people(facility)
    await world.pass_time(230, since_s=161, step_s=3)
    (device,) = await world.rows("SELECT id FROM device")
    await world.attest(device.id, 231, 240)
    await world.pass_time(245, since_s=241)

    assert (await world.mails())[2:] == [
        ("recovery", "facility_manager"),
        ("recovery", "commune_cpo"),
    ]
    (mail, _) = await world.rows("SELECT body FROM notification WHERE kind = 'recovery'")
    assert "từ 12:01, 20/11/2026 đến 12:03, 20/11/2026 (2 phút)" in mail.body


async def test_another_room_that_fails_later_is_told_once_though_the_incident_is_old(
    world: World,
) -> None:
    facility = await world.facility()
    await world.usual_people(facility)
    ends = {"z1": [(0, 100)], "z2": [(0, 400), (470, 480)], "z3": [(0, 600)]}
    for code, spans in ends.items():
        device = await world.device(facility, await world.zone(facility, code), f"d-{code}")
        for start, end in spans:
            await world.attest(device, start, end)
    await world.pass_time(599, since_s=150, step_s=3)

    assert await world.incidents() == [("device_silent", "open")]
    news = await world.rows("SELECT subject, address FROM notification WHERE kind = 'news'")
    assert {row.subject for row in news} == {"Mái ấm Hoa Sen: gián đoạn giám sát thêm – Phòng z2"}
    assert len(news) == 3


async def test_devices_that_come_back_one_by_one_are_not_a_correction_each(world: World) -> None:
    facility = await world.facility()
    zone = await world.zone(facility)
    devices = [await world.device(facility, zone, f"d{n}") for n in range(3)]
    for device in devices:
        await world.attest(device, 0, 100)
    await world.usual_people(facility)
    await world.pass_time(175, since_s=161)
    for number, device in enumerate(devices):
        await world.attest(device, 195 - 5 * number, 205 + 5 * number)
        await world.pass_time(205 + 5 * number, since_s=205 + 5 * number)

    assert await world.gaps() == [("closed", 100, 185)]
    assert [kind for kind, _ in await world.mails()] == ["alert", "recovery"]


async def test_a_room_that_had_been_watched_is_corrected_while_another_still_is_not(
    world: World,
) -> None:
    facility = await world.facility()
    rooms = [await world.zone(facility, code) for code in ("z1", "z2", "z3")]
    told_wrongly, silent, watched = [
        await world.device(facility, room, f"d{room}") for room in rooms
    ]
    await world.attest(watched, 0, 600)
    await world.attest(told_wrongly, 0, 100)
    await world.attest(silent, 0, 100)
    await world.usual_people(facility)
    await world.pass_time(180, since_s=161)
    assert [kind for kind, _ in await world.mails()] == ["alert"]

    await world.attest(told_wrongly, 100, 600, told_s=181)
    await world.pass_time(188, since_s=181)
    assert [kind for kind, _ in await world.mails()] == ["alert"], "more may come back at once"
    await world.pass_time(215, since_s=189)

    assert await world.incidents() == [("device_silent", "open")]
    assert [kind for kind, _ in await world.mails()] == ["alert", "correction"]
    (correction,) = await world.rows("SELECT body FROM notification WHERE kind = 'correction'")
    assert "Phòng z1" in correction.body
