"""What happened while the alerting stood still is told afterwards: in order, once, as late."""

from tests.support.alerting import World
from tests.support.alerting_causes import Home, home

#: The service stops here and comes back two hours later.
STOPPED, BACK = 600, 7800


async def three_homes(world: World) -> list[Home]:
    """One goes silent and comes back, one only for two minutes, one for good."""
    homes = [await home(world, f"F{number}", rooms=2) for number in (1, 2, 3)]
    for number, made in enumerate(homes, start=1):
        await world.user(
            "FACILITY_MANAGER", facility_id=made.facility, email=f"m{number}@example.org"
        )
    await world.user("COMMUNE_CPO", admin_unit_id=world.commune_id)
    lives = (((0, 1000), (4000, BACK)), ((0, 5000), (5100, BACK)), ((0, 6000),))
    for made, life in zip(homes, lives, strict=True):
        for device in made.devices:
            for start_s, end_s in life:
                await world.attest(device, start_s, end_s)
    await world.catch_up(STOPPED)
    return homes


async def test_each_gap_of_a_stop_of_two_hours_is_told_once_and_as_late(world: World) -> None:
    await three_homes(world)
    await world.catch_up(BACK)
    for seconds in (BACK + 5, BACK + 11, BACK + 20):
        await world.tick(seconds)

    told = await world.rows(
        "SELECT split_part(address, '@', 1) AS who, kind, body FROM notification "
        "WHERE role <> 'SYS_ADMIN' ORDER BY id"
    )
    managers = [(row.who, row.kind) for row in told if row.who.startswith("m")]
    assert sorted(managers) == [("m1", "alert"), ("m2", "alert"), ("m3", "alert")]
    assert all("biết muộn" in row.body for row in told)
    officers = [row.body for row in told if row.who == "commune_cpo"]
    assert ["F1" in body for body in officers].count(True) == 1, "it lasted long enough"
    states = await world.rows(
        "SELECT f.code, i.state FROM incident i JOIN facility f ON f.id = i.facility_id "
        "ORDER BY i.since_at"
    )
    assert [(row.code, row.state) for row in states] == [
        ("F1", "resolved"),
        ("F2", "resolved"),
        ("F3", "open"),
    ]


async def test_only_those_hear_late_whose_turn_had_come(world: World) -> None:
    made = await home(world, rooms=1, max_gap_s=10)
    await world.user("FACILITY_MANAGER", facility_id=made.facility)
    await world.user("COMMUNE_CPO", admin_unit_id=world.commune_id)
    await world.attest(made.devices[0], 0, 1000)
    await world.attest(made.devices[0], 1030, BACK)
    await world.catch_up(STOPPED)
    await world.catch_up(BACK)
    await world.tick(BACK + 20)

    assert await world.gaps() == [("closed", 1000, 1030)]
    assert await world.mails() == [("alert", "facility_manager")]
