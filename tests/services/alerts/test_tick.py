import pytest
from sqlalchemy import Table, update

from shared.db.session import unit_of_work
from shared.db.tables import registry
from tests.support.alerting import World, after

DAY_S = 86_400


async def one_room(world: World, *, interval_s: float = 10) -> tuple[int, int, int]:
    facility = await world.facility()
    zone = await world.zone(facility)
    device = await world.device(facility, zone, interval_s=interval_s)
    await world.usual_people(facility)
    return facility, zone, device


async def silent_since_100(world: World) -> int:
    """A room with one device whose gap has been open since 100; it is 200 now."""
    _, _, device = await one_room(world)
    await world.attest(device, 0, 100)
    await world.pass_time(200, since_s=100, step_s=10)
    return device


async def test_a_silent_room_becomes_a_gap_an_incident_and_a_mail(world: World) -> None:
    _, _, device = await one_room(world)
    await world.attest(device, 0, 100)

    await world.pass_time(160, since_s=100, step_s=10)
    assert await world.gaps() == []
    await world.pass_time(161, since_s=161)
    assert await world.gaps() == [("open", 100, None)]
    assert await world.incidents() == [("facility_silent", "open")]
    assert await world.mails() == []
    await world.pass_time(171, since_s=171)
    assert await world.mails() == [("alert", "facility_manager")]


async def test_the_watch_that_resumes_closes_the_gap_and_is_told_once(world: World) -> None:
    device = await silent_since_100(world)
    await world.attest(device, 230, 260)
    await world.pass_time(280, since_s=260, step_s=5)

    assert await world.gaps() == [("closed", 100, 230)]
    assert await world.incidents() == [("facility_silent", "resolved")]
    assert await world.mails() == [
        ("alert", "facility_manager"),
        ("recovery", "facility_manager"),
    ]
    assert await world.events() == [
        "incident_opened", "gap_opened", "told", "gap_closed", "resolved",
    ]  # fmt: skip


async def test_a_heartbeat_that_reaches_back_repairs_the_gap(world: World) -> None:
    device = await silent_since_100(world)
    await world.attest(device, 90, 210)
    await world.pass_time(211, since_s=211)

    assert await world.gaps() == [("repaired", 100, 211)]
    assert await world.mails() == [
        ("alert", "facility_manager"),
        ("correction", "facility_manager"),
    ]


async def test_evidence_that_ends_before_now_shortens_the_open_gap(world: World) -> None:
    device = await silent_since_100(world)
    await world.attest(device, 100, 130, told_s=205)
    await world.pass_time(206, since_s=206)

    assert await world.gaps() == [("open", 130, None)]
    assert (await world.events())[-1] == "gap_shortened"
    (incident,) = await world.rows("SELECT since_at FROM incident")
    assert incident.since_at == after(130)


async def test_a_gap_that_began_earlier_than_thought_dates_its_incident_back(
    world: World,
) -> None:
    device = await silent_since_100(world)
    await world.attest(device, 80, 145, kind="impaired", told_s=205)
    await world.attest(device, 145, 150, told_s=205)
    await world.pass_time(206, since_s=206)

    assert await world.gaps() == [("closed", 80, 145)]
    assert "gap_moved" in await world.events()
    (incident,) = await world.rows("SELECT since_at FROM incident")
    assert incident.since_at == after(80)


async def test_evidence_in_the_middle_splits_the_gap_within_one_incident(world: World) -> None:
    device = await silent_since_100(world)
    await world.pass_time(400, since_s=210, step_s=10)
    await world.attest(device, 200, 220, kind="late", told_s=405)
    await world.pass_time(406, since_s=406)

    assert await world.gaps() == [("closed", 100, 200), ("open", 220, None)]
    assert await world.incidents() == [("facility_silent", "open")]


async def test_late_evidence_after_the_end_is_corrected_to_all_who_were_told(
    world: World,
) -> None:
    device = await silent_since_100(world)
    await world.attest(device, 900, 960)
    await world.pass_time(960, since_s=210, step_s=30)
    assert ("facility_silent", "resolved") in await world.incidents()

    await world.attest(device, 100, 800, kind="late", told_s=1000)
    await world.attest(device, 960, 1000)
    await world.pass_time(1001, since_s=1001)
    assert await world.gaps() == [("closed", 800, 900)]
    await world.attest(device, 800, 900, kind="late", told_s=1010)
    await world.attest(device, 1000, 1012)
    await world.pass_time(1012, since_s=1011)

    assert await world.gaps() == [("repaired", 800, 900)]
    told = [kind for kind, who in await world.mails() if who == "facility_manager"]
    assert told == ["alert", "recovery", "correction", "correction"]


async def test_what_nobody_was_told_is_not_taken_back(world: World) -> None:
    _, _, device = await one_room(world)
    await world.attest(device, 0, 100)
    await world.pass_time(161, since_s=161)
    await world.attest(device, 162, 170)
    await world.pass_time(171, since_s=165, step_s=3)
    assert await world.incidents() == [("facility_silent", "open")], "it may come again at once"
    await world.attest(device, 170, 175)
    await world.pass_time(174, since_s=174)

    assert await world.incidents() == [("facility_silent", "resolved")]
    assert await world.mails() == []


async def test_one_of_three_may_fail_where_two_must_watch(world: World) -> None:
    facility = await world.facility()
    zone = await world.zone(facility, min_devices=2)
    devices = [await world.device(facility, zone, f"d{n}") for n in range(3)]
    for device, end in zip(devices, (100, 300, 400), strict=True):
        await world.attest(device, 0, end)

    await world.pass_time(360, since_s=100, step_s=10)
    assert await world.gaps() == []
    await world.pass_time(362, since_s=362)
    assert await world.gaps() == [("open", 300, None)]
    assert await world.incidents() == [("device_silent", "open")]


async def test_our_own_blindness_is_nobodys_gap(world: World) -> None:
    _, _, device = await one_room(world)
    await world.attest(device, 0, 100)
    await world.pass_time(100, since_s=90, step_s=10)
    await world.be_blind(100, 500)
    await world.attest(device, 510, 520)
    await world.pass_time(520, since_s=500, step_s=10)

    assert await world.gaps() == []


async def test_our_blindness_does_not_end_a_gap(world: World) -> None:
    await silent_since_100(world)
    await world.be_blind(200, 300)
    await world.pass_time(370, since_s=300, step_s=10)

    assert await world.gaps() == [("open", 100, None)]
    assert len(await world.incidents()) == 1


async def test_a_gap_runs_on_over_the_facilitys_midnight(world: World) -> None:
    midnight_s = 12 * 3600
    _, _, device = await one_room(world)
    await world.attest(device, 0, midnight_s - 30)
    await world.catch_up(midnight_s - 31)
    await world.pass_time(midnight_s + 40, since_s=midnight_s - 30, step_s=10)
    assert await world.gaps() == [("open", midnight_s - 30, None)]
    await world.attest(device, midnight_s + 60, midnight_s + 80)
    await world.pass_time(midnight_s + 80, since_s=midnight_s + 80)

    assert await world.gaps() == [("closed", midnight_s - 30, midnight_s + 60)]


async def test_a_watch_over_midnight_is_no_gap(world: World) -> None:
    midnight_s = 12 * 3600
    _, _, device = await one_room(world)
    await world.attest(device, 0, midnight_s + 300)
    await world.catch_up(midnight_s - 300)
    await world.pass_time(midnight_s + 300, since_s=midnight_s - 300, step_s=50)

    assert await world.gaps() == []


async def test_nothing_is_judged_past_the_watermark_but_the_ladder_is_climbed(
    world: World,
) -> None:
    await silent_since_100(world)
    other = await world.facility("F2")
    await world.zone(other)
    await world.tick(500)
    await world.tick(501)

    assert len(await world.gaps()) == 1
    assert ("escalation", "commune_cpo") in await world.mails()


async def test_a_pipeline_that_stands_still_is_the_administrators_incident(world: World) -> None:
    _, _, device = await one_room(world)
    await world.attest(device, 0, 100)
    await world.pass_time(100, since_s=100)
    for seconds in (129, 131, 135, 142, 150):
        await world.tick(seconds)
    assert await world.incidents() == [("platform_blind", "open")]
    assert await world.mails() == [("alert", "sys_admin")]
    await world.attest(device, 100, 160)
    await world.pass_time(160, since_s=160)

    assert await world.incidents() == [("platform_blind", "resolved")]
    assert await world.mails() == [("alert", "sys_admin"), ("recovery", "sys_admin")]
    assert await world.gaps() == []


async def test_two_hours_of_standstill_are_made_up_for_in_order(world: World) -> None:
    _, _, device = await one_room(world)
    await world.attest(device, 0, 1000)
    await world.attest(device, 2000, 6000)
    await world.attest(device, 6100, 7200)
    await world.pass_time(100, since_s=100)
    await world.catch_up(7200)

    assert await world.gaps() == [("closed", 1000, 2000), ("closed", 6000, 6100)]
    assert [state for _, state in await world.incidents()] == ["resolved", "resolved"]
    assert await world.mails() == [
        ("alert", "facility_manager"),
        ("escalation", "commune_cpo"),
        ("escalation", "dept_officer"),
        ("alert", "facility_manager"),
        ("escalation", "commune_cpo"),
    ], "late, but each once, as far as it lasted"


async def test_the_first_tick_ever_looks_a_day_back(world: World) -> None:
    _, _, device = await one_room(world)
    await world.attest(device, 0, DAY_S)
    await world.attest(device, DAY_S + 7200, 2 * DAY_S)
    await world.catch_up(2 * DAY_S)

    assert await world.gaps() == [("closed", DAY_S, DAY_S + 7200)]


@pytest.mark.parametrize("table", [registry.zone, registry.facility])
async def test_what_is_retired_is_not_required_any_more(world: World, table: Table) -> None:
    await silent_since_100(world)
    async with unit_of_work(world.owner) as connection:
        await connection.execute(update(table).values(retired_at=after(250)))
    await world.pass_time(400, since_s=210, step_s=10)

    assert await world.gaps() == [("closed", 100, 250)]
    assert await world.incidents() == [("facility_silent", "resolved")]


async def test_a_stricter_requirement_counts_from_its_first_day(world: World) -> None:
    facility, zone, device = await one_room(world)
    await world.device(facility, zone, "d2")
    await world.attest(device, 0, 1000)
    await world.pass_time(300, since_s=100, step_s=20)
    async with unit_of_work(world.owner) as connection:
        await connection.execute(update(registry.requirement).values(valid_to=after(310)))
    await world.add(
        registry.requirement, zone_id=zone, min_devices=2, max_gap_s=20, valid_from=after(310)
    )
    await world.pass_time(340, since_s=310, step_s=5)

    assert await world.gaps() == [("open", 310, None)]


async def test_an_impaired_picture_is_a_gap_of_its_own_cause(world: World) -> None:
    facility, _, device = await one_room(world)
    other = await world.device(facility, await world.zone(facility, "z2"), "d2")
    await world.attest(other, 0, 400)
    await world.attest(device, 0, 100)
    await world.attest(device, 100, 170, kind="impaired")
    await world.pass_time(165, since_s=100, step_s=5)

    assert await world.gaps() == [("open", 100, None)]
    assert await world.incidents() == [("picture", "open")]


async def test_a_flapping_room_breaks_nothing(world: World) -> None:
    _, _, device = await one_room(world)
    for begin in range(0, 1000, 100):
        await world.attest(device, begin, begin + 30)
    await world.pass_time(1000, since_s=0, step_s=10)

    gaps = await world.gaps()
    assert gaps == [("closed", n + 30, n + 100) for n in range(0, 900, 100)] + [("open", 930, None)]


async def test_ticking_again_changes_nothing(world: World) -> None:
    await silent_since_100(world)
    before = await world.events()
    for _ in range(3):
        await world.tick(200)

    assert await world.events() == before


async def test_evidence_of_a_retired_device_still_counts(world: World) -> None:
    facility, zone, device = await one_room(world)
    await world.attest(device, 0, 100)
    async with unit_of_work(world.owner) as connection:
        await connection.execute(update(registry.device).values(retired_at=after(100)))
    successor = await world.device(facility, zone, "d2")
    await world.attest(successor, 95, 300)
    await world.pass_time(300, since_s=50, step_s=10)

    assert await world.gaps() == []


async def test_evidence_that_comes_an_hour_later_still_repairs(world: World) -> None:
    device = await silent_since_100(world)
    await world.attest(device, 230, 4000)
    await world.catch_up(4000)
    await world.attest(device, 100, 230, kind="late", told_s=4000)
    await world.pass_time(4001, since_s=4001)

    assert await world.gaps() == [("repaired", 100, 230)]


async def test_a_fault_told_of_a_time_that_had_seemed_well_is_a_gap_on_record(
    world: World,
) -> None:
    _, _, device = await one_room(world)
    await world.attest(device, 0, 600)
    await world.pass_time(600, since_s=500, step_s=20)
    assert await world.gaps() == []
    await world.attest(device, 300, 400, kind="impaired", told_s=601)
    await world.mark_corrected(device, 601)
    await world.pass_time(603, since_s=601)

    assert await world.gaps() == [("closed", 300, 400)]


async def move(world: World, device: int, zone: int, seconds: float) -> None:
    for statement in (
        "INSERT INTO device_placement (device_id, zone_id, valid_from, valid_to) "
        "SELECT id, zone_id, coalesce(placed_at, registered_at), :now FROM device "
        "WHERE id = :device RETURNING 1",
        "UPDATE device SET zone_id = :zone, placed_at = :now WHERE id = :device RETURNING 1",
    ):
        values = {"device": device, "zone": zone, "now": after(seconds)}
        await world.rows(
            statement, **{name: value for name, value in values.items() if f":{name}" in statement}
        )


async def test_a_device_that_is_carried_away_leaves_a_gap_and_its_past_behind(
    world: World,
) -> None:
    facility, _, device = await one_room(world)
    elsewhere = await world.zone(facility, "z2")
    await world.attest(device, 0, 100)
    await world.pass_time(100, since_s=60, step_s=10)
    await move(world, device, elsewhere, 100)
    await world.attest(device, 100, 300)
    await world.pass_time(300, since_s=110, step_s=10)

    assert await world.gaps() == [("closed", 0, 100), ("open", 100, None)]
    assert [row.code for row in await world.rows(
        "SELECT z.code FROM gap g JOIN zone z ON z.id = g.zone_id ORDER BY g.id"
    )] == ["z2", "z1"]  # fmt: skip


async def test_a_hole_is_not_hidden_by_whoever_is_carried_in_afterwards(world: World) -> None:
    facility = await world.facility()
    here = await world.zone(facility, "z1", max_gap_s=5)
    elsewhere = await world.zone(facility, "z2")
    dying = await world.device(facility, here, "d1")
    helper = await world.device(facility, elsewhere, "d2")
    await world.attest(dying, 0, 100)
    await world.attest(helper, 0, 110)
    await world.pass_time(103, since_s=93, step_s=10)
    await move(world, helper, here, 109)
    await world.pass_time(110, since_s=110)

    assert await world.gaps() == [("closed", 100, 109)]


async def test_late_evidence_repairs_the_zone_in_which_the_device_stood_then(
    world: World,
) -> None:
    facility, _, device = await one_room(world)
    elsewhere = await world.zone(facility, "z2")
    await world.attest(await world.device(facility, elsewhere, "d2"), 0, 500)
    await world.attest(device, 0, 100)
    await world.pass_time(200, since_s=60, step_s=10)
    await move(world, device, elsewhere, 200)
    await world.pass_time(210, since_s=210)
    assert await world.gaps() == [("open", 100, None)]
    await world.attest(device, 100, 400, kind="late", told_s=401)
    await world.pass_time(402, since_s=402)

    assert await world.gaps() == [("open", 200, None)]
