"""Many facilities of an area at once: one outage for authorities, its own for each."""

from collections import Counter
from dataclasses import dataclass, field

from tests.support.alerting import World
from tests.support.alerting_causes import Home, commune, home


@dataclass
class Area:
    """Two communes of a province; facilities are F1, F2, …, in the first one first."""

    world: World
    homes: list[Home] = field(default_factory=list)

    async def arrange(self, first: int, second: int = 0) -> None:
        world = self.world
        other = await commune(world, "99001")
        for number in range(first + second):
            where = world.commune_id if number < first else other
            made = await home(world, f"F{number + 1}", commune_id=where)
            self.homes.append(made)
            await world.user(
                "FACILITY_MANAGER", facility_id=made.facility, email=f"m{number + 1}@example.org"
            )
        await world.user("COMMUNE_CPO", admin_unit_id=world.commune_id)
        await world.user("COMMUNE_CPO", admin_unit_id=other, email="other_cpo@example.org")
        await world.user("DEPT_OFFICER", admin_unit_id=world.province_id)
        await world.user("SYS_ADMIN")

    async def watch(self, *numbers: int, start_s: float, end_s: float) -> None:
        for number in numbers:
            for device in self.homes[number - 1].devices:
                await self.world.attest(device, start_s, end_s)

    async def told(self) -> Counter[str]:
        return Counter(f"{who}: {kind}" for kind, who in await self.world.mails())


async def area(world: World, first: int, second: int = 0) -> Area:
    arranged = Area(world)
    await arranged.arrange(first, second)
    return arranged


async def test_authorities_are_told_of_the_outage_and_operators_of_their_own(
    world: World,
) -> None:
    town = await area(world, 4)
    await town.watch(1, 2, 3, start_s=0, end_s=100)
    await town.watch(4, start_s=0, end_s=1000)
    await world.pass_time(460, since_s=150, step_s=10)

    assert Counter(await world.incidents()) == {
        ("facility_silent", "open"): 3,
        ("area_outage", "open"): 1,
    }
    assert await town.told() == {
        "m1: alert": 1,
        "m2: alert": 1,
        "m3: alert": 1,
        "commune_cpo: alert": 1,
        "dept_officer: escalation": 1,
    }
    (unit,) = await world.rows("SELECT admin_unit_id FROM incident WHERE cause = 'area_outage'")
    assert unit.admin_unit_id == world.commune_id
    (mail,) = await world.rows("SELECT body FROM notification WHERE address LIKE 'commune%'")
    assert mail.body.count("Mái ấm F") == 3


async def test_two_of_four_are_a_coincidence(world: World) -> None:
    town = await area(world, 4)
    await town.watch(1, 2, start_s=0, end_s=100)
    await town.watch(3, 4, start_s=0, end_s=1000)
    await world.pass_time(300, since_s=150, step_s=10)

    assert Counter(await world.incidents()) == {("facility_silent", "open"): 2}


async def test_what_falls_silent_later_is_none_of_the_outage(world: World) -> None:
    town = await area(world, 4)
    await town.watch(1, 2, 3, start_s=0, end_s=100)
    await town.watch(4, start_s=0, end_s=400)
    await world.pass_time(600, since_s=150, step_s=10)

    alone = await world.rows(
        "SELECT f.code FROM incident i JOIN facility f ON f.id = i.facility_id "
        "WHERE i.parent_id IS NULL"
    )
    assert [row.code for row in alone] == ["F4"]
    assert (await town.told())["commune_cpo: escalation"] == 1, "of F4 alone"


async def test_one_that_falls_silent_within_two_minutes_joins(world: World) -> None:
    town = await area(world, 4)
    await town.watch(1, 2, 3, start_s=0, end_s=100)
    await town.watch(4, start_s=0, end_s=190)
    await world.pass_time(300, since_s=150, step_s=10)

    (parents,) = await world.rows("SELECT count(parent_id) AS n FROM incident")
    assert parents.n == 4
    assert await world.rows("SELECT 1 FROM incident WHERE cause = 'area_outage'") != []


async def test_an_outage_over_several_communes_is_the_provinces(world: World) -> None:
    town = await area(world, 3, 3)
    await town.watch(1, 2, 3, 4, start_s=0, end_s=100)
    await town.watch(5, 6, start_s=0, end_s=1000)
    await world.pass_time(460, since_s=150, step_s=10)

    (unit,) = await world.rows("SELECT admin_unit_id FROM incident WHERE cause = 'area_outage'")
    assert unit.admin_unit_id == world.province_id
    told = await town.told()
    assert told["dept_officer: alert"] + told["dept_officer: escalation"] == 1
    assert (told["commune_cpo: alert"], told["other_cpo: alert"]) == (0, 0)


async def test_nobody_hides_behind_an_outage_that_is_over(world: World) -> None:
    town = await area(world, 3)
    await town.watch(1, 2, 3, start_s=0, end_s=100)
    await world.pass_time(400, since_s=150, step_s=10)
    before = await town.told()
    await town.watch(1, 2, start_s=410, end_s=900)
    await world.pass_time(530, since_s=410, step_s=10)
    assert len(await world.rows("SELECT 1 FROM incident WHERE parent_id IS NOT NULL")) == 3
    await world.pass_time(560, since_s=540, step_s=5)

    left = await world.rows("SELECT * FROM incident WHERE state = 'open'")
    assert [(row.cause, row.parent_id) for row in left] == [("facility_silent", None)]
    news = await town.told() - before
    assert news == {
        "m1: recovery": 1,
        "m2: recovery": 1,
        "commune_cpo: recovery": 1,
        "commune_cpo: escalation": 1,
        "dept_officer: recovery": 1,
        "dept_officer: escalation": 1,
    }
    (over,) = await world.rows(
        "SELECT body FROM notification WHERE kind = 'recovery' AND address LIKE 'commune%'"
    )
    assert "Mái ấm F3" in over.body, "who is left behind is named"


async def test_an_outage_that_was_none_is_corrected_to_authorities_too(world: World) -> None:
    town = await area(world, 3)
    await town.watch(1, 2, 3, start_s=0, end_s=100)
    await world.pass_time(300, since_s=150, step_s=10)
    await town.watch(1, 2, 3, start_s=90, end_s=310)
    await world.pass_time(330, since_s=310, step_s=5)

    told = await town.told()
    assert told["commune_cpo: correction"] == 1
    assert told["m1: correction"] == 1
    assert [state for _, state in await world.incidents()] == ["resolved"] * 4


async def test_what_turns_out_after_an_outage_is_corrected_in_one_message(world: World) -> None:
    town = await area(world, 3)
    await town.watch(1, 2, 3, start_s=0, end_s=100)
    await world.pass_time(300, since_s=150, step_s=10)
    await town.watch(1, 2, 3, start_s=310, end_s=600)
    await world.pass_time(340, since_s=320, step_s=10)
    before = await town.told()
    for number, told_s in ((1, 350), (2, 360), (3, 370)):
        for device in town.homes[number - 1].devices:
            await world.attest(device, 100, 310, kind="late", told_s=told_s)
    await world.pass_time(600, since_s=350, step_s=10)

    assert await town.told() - before == {
        "m1: correction": 1,
        "m2: correction": 1,
        "m3: correction": 1,
        "commune_cpo: correction": 1,
    }
