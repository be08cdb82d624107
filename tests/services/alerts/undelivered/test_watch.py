"""That messages reach nobody is an incident of ours: one for all, and never about itself."""

import pytest

from shared.domain.delivery import Channel, MessageKind
from tests.support.alerting import World, after
from tests.support.mail_server import MailServer
from tests.support.post import Post


@pytest.fixture
async def admin(world: World) -> int:
    return await world.user("SYS_ADMIN", email="admin@example.org")


async def causes(world: World) -> list[tuple[str, str]]:
    return [one for one in await world.incidents() if one[0] == "delivery_failed"]


async def test_a_dead_letter_is_an_incident_told_to_the_administrators_once(
    world: World, post: Post, mail: MailServer, admin: int
) -> None:
    mail.refused_recipients["p1@example.org"] = "550 5.1.1 no such user"
    for _ in range(3):
        await post.tell()
    await post.deliver()
    await world.pass_time(30, since_s=1)
    assert await causes(world) == [("delivery_failed", "open")]
    await post.deliver(at_s=31)
    (told,) = [m for m in mail.received if m["To"] == "admin@example.org"]
    assert "tin báo không đến được ai" in told["Subject"]


async def test_it_is_over_an_hour_after_the_last_one_died(
    world: World, post: Post, mail: MailServer, admin: int
) -> None:
    mail.refused_recipients["p1@example.org"] = "550 5.1.1 no such user"
    await post.tell()
    await post.deliver()
    await world.pass_time(20, since_s=1)
    await world.pass_time(3602, since_s=3590)
    assert await causes(world) == [("delivery_failed", "resolved")]


async def test_what_waits_for_ten_minutes_is_one_too(
    world: World, post: Post, mail: MailServer, admin: int
) -> None:
    mail.refused_recipients["p1@example.org"] = "451 4.7.1 later"
    await post.tell()
    await post.deliver()
    await world.pass_time(599, since_s=599)
    assert await causes(world) == []
    await world.pass_time(600, since_s=600)
    assert await causes(world) == [("delivery_failed", "open")]
    mail.refused_recipients.clear()
    await post.deliver(at_s=901)
    await world.pass_time(902, since_s=902)
    assert await causes(world) == [("delivery_failed", "resolved")]


async def test_told_otherwise_is_told(
    world: World, post: Post, mail: MailServer, admin: int
) -> None:
    await post.give_telephone()
    mail.refused_recipients["p1@example.org"] = "550 5.1.1 no such user"
    await post.tell()
    await post.deliver()
    await world.pass_time(5, since_s=1)
    assert await causes(world) == []


async def test_that_it_cannot_be_told_either_makes_no_second_one(
    world: World, post: Post, mail: MailServer, admin: int
) -> None:
    mail.refused_recipients["p1@example.org"] = "550 5.1.1 no such user"
    mail.refused_recipients["admin@example.org"] = "550 5.1.1 no such user"
    await post.tell()
    await post.deliver()
    await world.pass_time(20, since_s=1)
    await post.deliver(at_s=21)
    await world.pass_time(3650, since_s=3590, step_s=10)
    assert await causes(world) == [("delivery_failed", "resolved")]


async def test_a_test_of_an_address_is_its_readers_own_affair(
    world: World, post: Post, mail: MailServer, admin: int
) -> None:
    mail.refused_recipients["p1@example.org"] = "550 5.1.1 no such user"
    await post.put([post.draft(Channel.EMAIL, kind=MessageKind.TEST)])
    await post.deliver()
    await world.pass_time(5, since_s=1)
    assert await causes(world) == []
    assert post.clock.at < after(5)
