"""What is over the cap of an address is held back, told in a digest, and never silence."""

from email.message import EmailMessage

from services.alerts.digests import digesting
from services.alerts.tell.outbox import Sender
from shared.db.session import unit_of_work
from shared.domain.delivery import Channel, MessageKind
from tests.support.alerting import World, after
from tests.support.keyed_gateway import KeyedGateway
from tests.support.mail_server import MailServer
from tests.support.post import Post

SENDER = Sender("giamsat.example", "https://giamsat.example")


async def digest(post: Post, *, at_s: float) -> int:
    post.clock.at = after(at_s)
    async with unit_of_work(post.world.alerts) as connection:
        return await digesting.digest(connection, SENDER, now=post.clock.at)


def digests(mail: MailServer) -> list[EmailMessage]:
    return [one for one in mail.received if str(one["Subject"]).startswith("Thêm")]


async def states(world: World) -> dict[str, int]:
    found = await world.rows("SELECT state, count(*) AS n FROM notification GROUP BY state")
    return {row.state: row.n for row in found}


async def test_what_is_over_the_cap_is_told_in_one_message(post: Post, mail: MailServer) -> None:
    await post.put([post.draft() for _ in range(25)])
    assert await states(post.world) == {"pending": 20, "digested": 5}
    assert await digest(post, at_s=59) == 0
    assert await digest(post, at_s=60) == 1
    assert await digest(post, at_s=61) == 0
    await post.deliver()
    assert len(mail.received) == 21
    told = mail.received[-1]
    assert "5" in str(told["Subject"])
    assert all(f"gián đoạn giám sát {n}" in told.get_content() for n in range(21, 26))
    (row,) = await post.world.rows(
        "SELECT count(*) AS n FROM notification h JOIN notification d ON d.id = h.digest_id "
        "WHERE h.state = 'digested' AND d.kind = 'digest'"
    )
    assert row.n == 5


async def test_that_it_was_held_back_is_on_record(post: Post) -> None:
    await post.put([post.draft() for _ in range(22)])
    found = await post.world.rows("SELECT incident_id, detail FROM event WHERE kind = 'digested'")
    assert [row.detail["reason"] for row in found] == ["over_the_cap"] * 2
    assert "example.org" not in str([row.detail for row in found])


async def test_the_cap_counts_the_last_hour_and_every_channel_by_itself(
    post: Post, mail: MailServer, sms: KeyedGateway
) -> None:
    await post.give_telephone()
    await post.put([post.draft() for _ in range(20)])
    await post.put([post.draft(Channel.SMS) for _ in range(8)])
    assert await states(post.world) == {"pending": 26, "digested": 2}
    post.clock.at = after(3601)
    await post.tell()
    assert await states(post.world) == {"pending": 27, "digested": 2}


async def test_an_address_gets_a_digest_each_ten_minutes_at_most(
    post: Post, mail: MailServer
) -> None:
    await post.put([post.draft() for _ in range(21)])
    assert await digest(post, at_s=60) == 1
    post.clock.at = after(70)
    await post.tell()
    assert await digest(post, at_s=300) == 0
    assert await digest(post, at_s=659) == 0
    assert await digest(post, at_s=660) == 1


async def test_the_most_urgent_comes_first(post: Post, mail: MailServer) -> None:
    await post.put([post.draft() for _ in range(20)])
    await post.put([post.draft(), post.draft(priority=2)])
    await digest(post, at_s=60)
    await post.deliver()
    body = digests(mail)[0].get_content()
    assert body.index("gián đoạn giám sát 22") < body.index("gián đoạn giám sát 21")


async def test_ten_thousand_incidents_are_a_few_messages_and_nothing_is_dropped(
    post: Post, mail: MailServer
) -> None:
    for _ in range(10):
        await post.put([post.draft() for _ in range(1000)])
    await digest(post, at_s=60)
    await post.deliver()
    assert len(mail.received) == 21
    assert "9.980" in str(digests(mail)[0]["Subject"])
    assert await states(post.world) == {"sent": 21, "digested": 9980}


async def test_a_test_asked_for_by_its_reader_is_not_held_back(post: Post) -> None:
    await post.put([post.draft() for _ in range(20)])
    await post.put([post.draft(kind=MessageKind.TEST)])
    assert await states(post.world) == {"pending": 21}
