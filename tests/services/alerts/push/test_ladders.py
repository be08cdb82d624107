"""A step of a ladder may name browsers, and then they come first for whoever has any."""

from services.alerts.tell.outbox import Sender
from services.alerts.tick import Holder, tick
from shared.db.tables.channels import contact_point
from shared.domain.delivery import Channel
from tests.support.alerting import START, World, after
from tests.support.climbing import no_steps, one_silent_room, step, take_nothing
from tests.support.push_service import Browser

SENDER = Sender("giamsat.example", "https://giamsat.example", {Channel.EMAIL: 20, Channel.PUSH: 20})
MAIL = "facility_manager@example.org"


async def told(world: World) -> list[tuple[str, str]]:
    for seconds in (200, 220, 240):
        await world.know_until(seconds)
        await tick(world.alerts, Holder("one"), SENDER, after(seconds))
    found = await world.rows("SELECT channel, address FROM notification ORDER BY id")
    return [tuple(row) for row in found]


async def people_with(world: World, *browsers: Browser) -> int:
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    await no_steps(world)
    await step(world, 1, "FACILITY_MANAGER", 20, channels=["push", "email"])
    (row,) = await world.rows("SELECT id FROM user_account WHERE email = :mail", mail=MAIL)
    for browser in browsers:
        await world.add(
            contact_point, user_id=row.id, channel="push", address=browser.endpoint,
            keys=browser.keys, created_at=START, verified_at=START,
        )  # fmt: skip
    return int(row.id)


async def test_whoever_has_browsers_is_told_there_once(world: World) -> None:
    user = await people_with(world, Browser("https://a.example/1"), Browser("https://b.example/2"))
    assert await told(world) == [("push", f"browsers-of-{user}")]


async def test_whoever_has_none_is_told_by_mail(world: World) -> None:
    await people_with(world)
    assert await told(world) == [("email", MAIL)]


async def test_whoever_has_only_browsers_that_are_gone_is_told_by_mail(world: World) -> None:
    await people_with(world, Browser("https://a.example/1"))
    await take_nothing(world, "https://a.example/1", "push")
    assert await told(world) == [("email", MAIL)]


async def test_a_browser_reaches_whoever_takes_no_mail(world: World) -> None:
    """Not passed over as nobody: the step tells them where they can be told."""
    user = await people_with(world, Browser("https://a.example/1"))
    await world.rows("UPDATE ladder_step SET channels = '{email}' RETURNING id")
    await take_nothing(world, MAIL)
    assert await told(world) == [("push", f"browsers-of-{user}")]
