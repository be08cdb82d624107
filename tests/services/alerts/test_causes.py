"""Each cause is one incident, told once, whatever it is and however it widens or falls apart."""

from shared.db.tables import registry
from tests.support.alerting import START, World, after
from tests.support.alerting_causes import (
    Home,
    count_only,
    home,
    speak_through,
    tell_fault,
    tell_hint,
)


async def inhabited(world: World, *, rooms: int) -> Home:
    made = await home(world, rooms=rooms)
    await world.usual_people(made.facility)
    return made


async def test_a_gateway_that_stops_is_one_incident_of_all_that_speaks_through_it(
    world: World,
) -> None:
    made = await inhabited(world, rooms=4)
    gateway = await world.device(made.facility, None, "gw", kind="gateway")
    await speak_through(world, gateway, *made.devices[:3])
    for device in made.devices[:3]:
        await world.attest(device, 0, 100)
    await world.attest(made.devices[3], 0, 400)
    await world.pass_time(200, since_s=100, step_s=10)

    (incident,) = await world.rows("SELECT cause, gateway_id FROM incident")
    assert (incident.cause, incident.gateway_id) == ("gateway_silent", gateway)
    assert len(await world.gaps()) == 3
    assert await world.mails() == [("alert", "facility_manager")]
    (mail,) = await world.rows("SELECT subject, body FROM notification")
    assert "gw" in mail.subject


async def test_devices_behind_an_adapters_publisher_speak_through_it(world: World) -> None:
    made = await inhabited(world, rooms=3)
    hub = await world.device(made.facility, None, "hub", kind="gateway")
    for device in made.devices[:2]:
        await world.add(
            registry.adapter_rule, publisher_id=hub, dialect="zigbee2mqtt", prefix="",
            name=f"n{device}", device_id=device, created_at=START,
        )  # fmt: skip
        await world.attest(device, 0, 100)
    await world.attest(made.devices[2], 0, 400)
    await world.pass_time(165, since_s=100, step_s=5)

    (incident,) = await world.rows("SELECT cause, gateway_id FROM incident")
    assert (incident.cause, incident.gateway_id) == ("gateway_silent", hub)


async def test_a_device_widens_to_its_gateway_and_to_its_facility_with_one_message(
    world: World,
) -> None:
    made = await inhabited(world, rooms=4)
    gateway = await world.device(made.facility, None, "gw", kind="gateway")
    await speak_through(world, gateway, *made.devices[:3])
    for device, end_s in zip(made.devices, (100, 102, 104, 106), strict=True):
        await world.attest(device, 0, end_s)
    await world.pass_time(200, since_s=100)

    assert await world.incidents() == [("facility_silent", "open")]
    assert await world.mails() == [("alert", "facility_manager")]


async def test_a_facility_whose_mains_failed_says_so(world: World) -> None:
    made = await inhabited(world, rooms=2)
    for device in made.devices:
        await world.attest(device, 0, 600)
    await tell_hint(world, made.devices[0], "power_failure", 120)
    await tell_hint(world, made.devices[0], "link_lost", 590)
    await world.pass_time(680, since_s=600, step_s=5)

    assert await world.incidents() == [("facility_power", "open")]
    assert len(await world.mails()) == 1


async def test_a_lost_line_says_so_and_an_old_one_does_not(world: World) -> None:
    lost, old = await home(world, "F1"), await home(world, "F2")
    for device in (*lost.devices, *old.devices):
        await world.attest(device, 0, 4000)
    await tell_hint(world, lost.devices[1], "bridge_offline", 4030)
    await tell_hint(world, old.devices[1], "link_lost", 200)
    await world.catch_up(3990)
    await world.pass_time(4070, since_s=4050, step_s=5)

    found = await world.rows("SELECT facility_id, cause FROM incident ORDER BY facility_id")
    assert {row.facility_id: row.cause for row in found} == {
        lost.facility: "facility_link",
        old.facility: "facility_silent",
    }


async def test_pictures_with_different_faults_are_different_causes(world: World) -> None:
    made = await inhabited(world, rooms=4)
    for device in made.devices:
        await world.attest(device, 0, 400)
    await tell_fault(world, made.devices[0], "covered", 100, 400)
    await tell_fault(world, made.devices[1], "covered", 101, 400)
    await tell_fault(world, made.devices[2], "dark", 102, 400)
    await world.pass_time(180, since_s=160)

    found = await world.rows("SELECT cause, fault FROM incident ORDER BY id")
    assert [(row.cause, row.fault) for row in found] == [
        ("picture", "covered"),
        ("picture", "dark"),
    ]
    assert len(await world.mails()) == 2


async def test_a_round_that_nobody_makes_is_a_missed_round_not_a_silent_facility(
    world: World,
) -> None:
    facility = await world.facility()
    zone = await world.zone(facility, max_gap_s=3600)
    await world.device(facility, zone, "p1", kind="round_point", interval_s=3600)
    await count_only(world, zone, "round_point")
    await world.usual_people(facility)
    await world.catch_up(3590)
    await world.pass_time(3620, since_s=3600)

    assert await world.incidents() == [("round_missed", "open")]
    (mail,) = await world.rows("SELECT subject FROM notification")
    assert "đi tuần" in mail.subject


async def test_what_lasts_when_the_facility_is_back_is_split_off_with_its_own_clock(
    world: World,
) -> None:
    made = await inhabited(world, rooms=3)
    for device in made.devices:
        await world.attest(device, 0, 100)
    await world.pass_time(180, since_s=100, step_s=10)
    assert await world.incidents() == [("facility_silent", "open")]
    for device in made.devices[:2]:
        await world.attest(device, 200, 600)
    await world.pass_time(310, since_s=200, step_s=10)
    assert await world.incidents() == [("facility_silent", "open")], "the last may follow"
    await world.pass_time(350, since_s=320, step_s=5)

    assert await world.incidents() == [
        ("facility_silent", "resolved"),
        ("device_silent", "open"),
    ]
    (left,) = await world.rows("SELECT * FROM incident WHERE state = 'open'")
    assert left.counts_from == after(170), "when the gap came on record"
    managers = [kind for kind, who in await world.mails() if who == "facility_manager"]
    assert managers == ["alert", "recovery", "alert"]
    assert "incident_split" in await world.events()


async def test_severity_rises_with_time_and_is_on_record(world: World) -> None:
    made = await inhabited(world, rooms=2)
    await world.attest(made.devices[0], 0, 100)
    await world.attest(made.devices[1], 0, 4000)
    await world.pass_time(170, since_s=160)
    assert await severities(world) == ["notice"]
    await world.pass_time(405, since_s=180, step_s=15)
    assert await severities(world) == ["warning"]
    await world.pass_time(1905, since_s=420, step_s=60)
    await world.pass_time(1910, since_s=1910)

    assert await severities(world) == ["critical"]
    assert (await world.events()).count("severity_changed") == 2


async def severities(world: World) -> list[str]:
    found = await world.rows("SELECT severity FROM incident WHERE facility_id IS NOT NULL")
    return [row.severity for row in found]


async def test_who_heard_of_a_part_hears_of_the_whole_once_and_how_it_ends(world: World) -> None:
    made = await inhabited(world, rooms=4)
    gateway = await world.device(made.facility, None, "gw", kind="gateway")
    await speak_through(world, gateway, *made.devices[1:3])
    for device, end_s in zip(made.devices, (100, 150, 150, 205), strict=True):
        await world.attest(device, 0, end_s)
    await world.pass_time(185, since_s=150, step_s=5)
    await world.user("FACILITY_MANAGER", facility_id=made.facility, email="second@example.org")
    await world.pass_time(225, since_s=190, step_s=5)
    assert await world.incidents() == [("device_silent", "open"), ("gateway_silent", "open")]
    before = len(await world.mails())
    await world.pass_time(280, since_s=230, step_s=5)

    assert await world.incidents() == [("facility_silent", "open"), ("gateway_silent", "resolved")]
    (part, whole) = await world.rows("SELECT id, parent_id FROM incident ORDER BY id DESC")
    assert (part.parent_id, whole.parent_id) == (whole.id, None)
    assert {row.incident_id for row in await world.rows("SELECT incident_id FROM gap")} == {
        whole.id
    }
    news = [mail for mail in (await world.mails())[before:] if mail[0] != "escalation"]
    assert sorted(news) == [
        ("news", "commune_cpo"), ("news", "facility_manager"), ("news", "second")
    ]  # fmt: skip
    for device in made.devices:
        await world.attest(device, 300, 400)
    await world.pass_time(310, since_s=300, step_s=5)
    assert {state for _, state in await world.incidents()} == {"resolved"}
    over = [who for kind, who in await world.mails() if kind == "recovery"]
    assert len(over) == len(set(over))
    assert {"facility_manager", "second"} <= set(over)
