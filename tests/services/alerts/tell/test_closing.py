"""How the end of an incident is told: watched again, or not required any more."""

from typing import Any

from shared.db.tables.requirements import watch_calendar
from tests.support.alerting import World, after

#: Minutes after noon, when the world began, in which every room has to be watched.
HOURS = (0, 15)


async def two_rooms(world: World, *, with_hours: int) -> list[int]:
    """Their cameras; so many of the rooms are required for a quarter of an hour only."""
    facility = await world.facility()
    calendar = await world.add(
        watch_calendar,
        name="Giờ",
        weekly=[{"days": [0, 1, 2, 3, 4, 5, 6], "from": "12:00", "to": f"12:{HOURS[1]}"}],
        created_at=after(0),
    )
    cameras = []
    for number in (1, 2):
        zone = await world.zone(facility, f"z{number}")
        cameras.append(await world.device(facility, zone, f"d{number}"))
        if number <= with_hours:
            await world.rows(
                "UPDATE requirement SET calendar_id = :calendar WHERE zone_id = :zone RETURNING id",
                calendar=calendar,
                zone=zone,
            )
    await world.user("FACILITY_MANAGER", facility_id=facility)
    english = "UPDATE user_account SET language = :language RETURNING id"
    await world.rows(english, language="en")
    for camera in cameras:
        await world.attest(camera, 0, 300)
    return cameras


async def recovery(world: World) -> Any:
    (mail,) = await world.rows("SELECT subject, body FROM notification WHERE kind = 'recovery'")
    return mail


async def resolved(world: World) -> dict[str, Any]:
    (event,) = await world.rows("SELECT detail FROM event WHERE kind = 'resolved'")
    return dict(event.detail)


async def test_what_ends_with_its_hours_is_not_called_watched_again(world: World) -> None:
    await two_rooms(world, with_hours=2)
    await world.pass_time(1000, since_s=300, step_s=20)
    mail = await recovery(world)
    assert "no longer has to be watched at this time, and is not watched" in mail.subject
    assert "watched again" not in mail.subject
    assert mail.body.count("it has not been seen to watch again") == 2
    assert (await resolved(world))["ended_by"] == "not_required"


async def test_what_is_watched_again_within_its_hours_is_called_so(world: World) -> None:
    cameras = await two_rooms(world, with_hours=2)
    for camera in cameras:
        await world.attest(camera, 600, 900)
    await world.pass_time(1000, since_s=300, step_s=20)
    mail = await recovery(world)
    assert mail.subject.endswith("watched again")
    assert "has not been seen" not in mail.body
    assert "ended_by" not in await resolved(world)


async def test_of_two_rooms_each_is_told_as_it_ended(world: World) -> None:
    _, second = await two_rooms(world, with_hours=1)
    await world.attest(second, 960, 1100)
    await world.pass_time(1100, since_s=300, step_s=20)
    mail = await recovery(world)
    assert "watched again, or no longer has to be watched" in mail.subject
    lines = [line for line in mail.body.splitlines() if line.startswith("•")]
    assert ["not been seen" in line for line in lines] == [True, False]


async def test_it_is_said_in_vietnamese(world: World) -> None:
    await two_rooms(world, with_hours=2)
    await world.rows("UPDATE user_account SET language = 'vi' RETURNING id")
    await world.pass_time(1000, since_s=300, step_s=20)
    mail = await recovery(world)
    assert "hết giờ phải giám sát" in mail.subject
    assert "đã giám sát trở lại" not in mail.subject
