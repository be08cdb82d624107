"""From the hours of a calendar to gaps, incidents and what is on record of why they ended."""

from datetime import date, timedelta
from typing import Any

from services.alerts.detect import queries
from services.alerts.detect.queries import LocalDay
from services.alerts.requirements.agenda import agenda
from shared.db.session import unit_of_work
from shared.db.tables import registry
from shared.db.tables.requirements import holiday, watch_calendar
from shared.domain.judgement import Stretch
from shared.domain.schedule import midnight
from tests.support.alerting import ZONE, World, after

#: Noon is when the world began, on a Friday; in minutes after that.
FIRST, SECOND = (2, 10), (15, 20)
EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]


def clock(minute: int) -> str:
    return f"{12 + minute // 60}:{minute % 60:02}"


async def by_calendar(world: World, *hours: tuple[int, int], **own: Any) -> int:
    weekly = [{"days": EVERY_DAY, "from": clock(a), "to": clock(b)} for a, b in hours]
    return await world.add(watch_calendar, name="Giờ", weekly=weekly, created_at=after(0), **own)


async def room(world: World, **asked: Any) -> tuple[int, int]:
    """A facility with a zone that is required as it says, and its zone."""
    facility = await world.facility()
    zone = await world.zone(facility, max_gap_s=60)
    await change(world, zone, max_gap_s=60, **asked)
    return facility, zone


async def change(world: World, zone: int, **asked: Any) -> None:
    async with unit_of_work(world.owner) as connection:
        await connection.execute(
            registry.requirement.update()
            .where(registry.requirement.c.zone_id == zone)
            .values(**asked)
        )


async def ends(world: World) -> list[tuple[str, object]]:
    found = await world.rows("SELECT kind, detail FROM event WHERE kind LIKE 'gap_%' ORDER BY id")
    return [(row.kind, row.detail.get("ended_by")) for row in found]


async def test_a_zone_nobody_watches_has_a_gap_in_its_hours_only(world: World) -> None:
    facility, _ = await room(world, calendar_id=await by_calendar(world, FIRST, SECOND))
    await world.usual_people(facility)
    await world.pass_time(1320, since_s=5, step_s=5)
    assert await world.gaps() == [("closed", 120, 600), ("closed", 900, 1200)]
    assert await ends(world) == [
        ("gap_opened", None),
        ("gap_closed", "not_required"),
        ("gap_opened", None),
        ("gap_closed", "not_required"),
    ]


async def test_after_a_stop_the_same_gaps_are_found_piece_by_piece(world: World) -> None:
    await room(world, calendar_id=await by_calendar(world, FIRST, SECOND))
    await world.catch_up(1320)
    assert await world.gaps() == [("closed", 120, 600), ("closed", 900, 1200)]
    await world.catch_up(1330)
    assert await world.gaps() == [("closed", 120, 600), ("closed", 900, 1200)]


async def test_a_hole_at_the_end_of_the_hours_that_is_tolerated_is_no_gap(world: World) -> None:
    facility, zone = await room(world, calendar_id=await by_calendar(world, FIRST))
    device = await world.device(facility, zone)
    await world.attest(device, 0, 545)
    await world.pass_time(900, since_s=545, step_s=5)
    assert await world.gaps() == []


async def test_a_gap_at_the_end_ends_with_the_hours_and_late_evidence_repairs_it(
    world: World,
) -> None:
    facility, zone = await room(world, calendar_id=await by_calendar(world, FIRST))
    device = await world.device(facility, zone)
    await world.attest(device, 0, 400)
    await world.pass_time(700, since_s=400, step_s=5)
    assert await world.gaps() == [("closed", 400, 600)]
    await world.attest(device, 400, 700, kind="late", told_s=705)
    await world.pass_time(720, since_s=705, step_s=5)
    assert await world.gaps() == [("repaired", 400, 600)]


async def test_all_hours_of_the_week_are_as_good_as_no_calendar(world: World) -> None:
    always = await world.add(
        watch_calendar,
        name="Luôn luôn",
        weekly=[{"days": EVERY_DAY, "from": "00:00", "to": "00:00"}],
        created_at=after(0),
    )
    await room(world, calendar_id=always)
    # Over two midnights.
    for hours in (1, 13, 30, 40):
        await world.catch_up(3600 * hours)
        assert await world.gaps() == [("open", 0, None)]


async def test_only_kinds_that_count_watch(world: World) -> None:
    facility, zone = await room(world, kinds=["camera"], min_devices=1)
    motion = await world.device(facility, zone, "m1", kind="motion")
    await world.attest(motion, 0, 400)
    await world.pass_time(300, since_s=5, step_s=5)
    assert await world.gaps() == [("open", 0, None)]
    camera = await world.device(facility, zone, "c1")
    await world.attest(camera, 250, 400)
    await world.pass_time(400, since_s=305, step_s=5)
    assert await world.gaps() == [("closed", 0, 250)]


async def test_two_of_three_must_watch_at_once(world: World) -> None:
    facility, zone = await room(world, min_devices=2)
    for number, spans in enumerate(([(0, 300)], [(0, 100), (250, 600)], [(180, 600)])):
        device = await world.device(facility, zone, f"c{number}")
        for start, end in spans:
            await world.attest(device, start, end)
    await world.pass_time(600, since_s=5, step_s=5)
    assert await world.gaps() == [("closed", 100, 180)]


async def test_where_nobody_is_an_open_gap_ends_and_none_begins(world: World) -> None:
    _, zone = await room(world)
    await world.pass_time(200, since_s=5, step_s=5)
    assert await world.gaps() == [("open", 0, None)]
    await change(world, zone, valid_to=after(200))
    await world.add(
        registry.requirement, zone_id=zone, min_devices=1, max_gap_s=60, occupied=False,
        valid_from=after(200),
    )  # fmt: skip
    await world.pass_time(600, since_s=205, step_s=5)
    assert await world.gaps() == [("closed", 0, 200)]


async def test_a_change_to_come_is_judged_when_it_comes_and_not_before(world: World) -> None:
    """The second requirement tolerates nothing that the first one did."""
    facility, zone = await room(world)
    device = await world.device(facility, zone)
    await world.attest(device, 0, 250)
    await world.attest(device, 300, 350)
    await world.attest(device, 400, 700)
    await change(world, zone, valid_to=after(350))
    await world.add(
        registry.requirement, zone_id=zone, min_devices=1, max_gap_s=20, valid_from=after(350)
    )
    await world.pass_time(600, since_s=5, step_s=5)
    assert await world.gaps() == [("closed", 350, 400)]


async def test_on_a_holiday_another_week_holds(world: World) -> None:
    """It was decided the day before that this Friday is off."""
    await world.add(
        holiday,
        day=date(2026, 11, 20),
        kind="off",
        name="Lễ",
        source="x",
        recorded_at=after(-86400),
    )
    await room(world, calendar_id=await by_calendar(world, FIRST, on_holidays="off"))
    await world.pass_time(700, since_s=5, step_s=5)
    assert await world.gaps() == []


async def suspects(world: World, start_s: int, end_s: int) -> set[int]:
    stretch = Stretch(after(start_s), after(end_s))
    day = date(2026, 11, 20)
    days = [LocalDay(ZONE, day, midnight(day, ZONE), midnight(day + timedelta(days=1), ZONE))]
    async with unit_of_work(world.alerts) as connection:
        plan = await agenda(connection, since=after(0))
        hours = plan.hours((stretch.start_at, stretch.end_at))
        return await queries.suspect_zones(
            connection, stretch, days, hours, longest_tolerance=timedelta(seconds=60)
        )


async def test_outside_its_hours_nothing_of_a_zone_is_looked_at(world: World) -> None:
    _, zone = await room(world, calendar_id=await by_calendar(world, FIRST, SECOND))
    assert await suspects(world, 60, 115) == set()
    assert await suspects(world, 595, 605) == {zone}
    for second in range(600, 900, 20):
        assert await suspects(world, second, second + 20) == set()
    assert await suspects(world, 1000, 1001) == {zone}
