"""What comes and goes is one unstable incident, told when it begins and when it holds again."""

from typing import Any

from tests.support.alerting import World
from tests.support.alerting_causes import Home, home


async def room(world: World, *, max_gap_s: float = 3) -> Home:
    made = await home(world, rooms=1, max_gap_s=max_gap_s)
    await world.user("FACILITY_MANAGER", facility_id=made.facility)
    await world.user("COMMUNE_CPO", admin_unit_id=world.commune_id)
    return made


async def test_six_hours_of_five_seconds_up_and_down_are_one_incident(world: World) -> None:
    made = await room(world)
    await world.attest(made.devices[0], 0, 10)
    await world.catch_up(10)
    for minute in range(1, 360):
        for begin in range(60 * minute - 60, 60 * minute, 10):
            await world.attest(made.devices[0], begin, begin + 5, told_s=60 * minute)
        await world.know_until(60 * minute)
        await world.tick(60 * minute)

    (found,) = await own(world)
    assert found.unstable_since is not None
    assert found.state == "open"
    per_hour = await world.rows(
        "SELECT address, floor(extract(epoch FROM created_at) / 3600) AS hour, count(*) AS n "
        "FROM notification GROUP BY 1, 2"
    )
    assert per_hour
    assert max(row.n for row in per_hour) == 1
    lengths = await world.rows("SELECT to_at - from_at AS length FROM gap WHERE to_at IS NOT NULL")
    assert len(lengths) >= 6 * 358
    assert {row.length.total_seconds() for row in lengths} == {5}, "coverage stays exact"


async def test_second_by_second_it_is_one_incident_and_one_message_to_each_step(
    world: World,
) -> None:
    made = await room(world)
    await world.attest(made.devices[0], 0, 20)
    await world.catch_up(19)
    for seconds in range(21, 140):
        begin = seconds - seconds % 10
        await world.attest(made.devices[0], begin, min(begin + 5, seconds))
        await world.know_until(seconds)
        await world.tick(seconds)

    assert len(await own(world)) == 1
    assert await world.mails() == [("alert", "facility_manager"), ("escalation", "commune_cpo")]
    mails = await world.rows("SELECT subject FROM notification")
    assert all("chập chờn" in mail.subject for mail in mails)


async def test_who_was_told_hears_that_it_comes_and_goes_and_that_it_holds(
    world: World,
) -> None:
    made = await room(world, max_gap_s=10)
    device = made.devices[0]
    await world.attest(device, 0, 100)
    await world.pass_time(125, since_s=100)
    assert await world.mails() == [("alert", "facility_manager")]
    for begin in (126, 200, 260):
        await world.attest(device, begin, begin + 30)
    await world.pass_time(300, since_s=160, step_s=5)
    assert await unstable(world) == 1
    await world.attest(device, 310, 1200)
    await world.pass_time(900, since_s=310, step_s=10)
    assert await unstable(world) == 1
    await world.pass_time(930, since_s=910, step_s=5)

    assert await unstable(world) == 0
    assert await world.mails() == [
        ("alert", "facility_manager"),
        ("recovery", "facility_manager"),
        ("alert", "facility_manager"),
        ("escalation", "commune_cpo"),
        ("unstable", "facility_manager"),
        ("unstable", "commune_cpo"),
        ("steady", "facility_manager"),
        ("steady", "commune_cpo"),
    ]
    assert [row.state for row in await own(world)] == ["resolved"] * 2


async def test_what_stays_away_becomes_steady_and_is_told_as_lasting(world: World) -> None:
    made = await room(world)
    device = made.devices[0]
    await world.attest(device, 0, 100)
    await world.pass_time(120, since_s=100)
    for begin in (122, 132, 142):
        await world.attest(device, begin, begin + 5)
    await world.pass_time(160, since_s=121)
    await world.pass_time(800, since_s=170, step_s=10)

    events = await world.events()
    assert ("became_unstable" in events, "became_steady" in events) == (True, True)
    assert (await own(world))[-1].state == "open"
    kinds = [kind for kind, who in await world.mails() if who == "facility_manager"]
    assert kinds[-1] == "steady"


async def own(world: World) -> list[Any]:
    """Incidents of facilities; that nobody takes the mail away is one of ours."""
    return await world.rows("SELECT * FROM incident WHERE facility_id IS NOT NULL ORDER BY id")


async def unstable(world: World) -> int:
    return len(await world.rows("SELECT 1 FROM incident WHERE unstable_since IS NOT NULL"))


async def test_a_moment_of_watching_every_few_minutes_keeps_nobody_from_hearing(
    world: World,
) -> None:
    """Each hole is too short for any step, and too rarely interrupted to be unstable."""
    for step, after_s in enumerate((300, 900, 1800), start=1):
        await world.rows(
            "UPDATE ladder_step SET after_s = :after WHERE step = :step RETURNING id",
            after=after_s,
            step=step,
        )
    made = await room(world, max_gap_s=300)
    await world.attest(made.devices[0], 0, 60)
    for begin in range(600, 6000, 600):
        await world.attest(made.devices[0], begin, begin + 60)
    await world.pass_time(6000, since_s=60, step_s=30)

    told = [(kind, who) for kind, who in await world.mails() if kind != "recovery"]
    assert told[0] == ("alert", "facility_manager")
    assert ("escalation", "commune_cpo") in told
    assert await unstable(world) == 0
    found = await world.rows("SELECT detail FROM event WHERE kind = 'clock_resumed' ORDER BY id")
    counted = [row.detail["counted_s"] for row in found]
    assert counted == sorted(counted)
    assert counted[-1] >= 900
