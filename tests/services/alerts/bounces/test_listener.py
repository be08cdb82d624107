"""A bounce handed in over SMTP flags the address, and its reader is told in another way."""

import smtplib
from collections.abc import AsyncIterator
from functools import partial

import anyio.to_thread
import pytest

from services.alerts.bounces import listener, taking
from services.alerts.bounces.listener import Door
from services.alerts.bounces.report import Report
from services.alerts.deliver.return_path import ReturnPath
from shared.db.session import unit_of_work
from shared.domain.delivery import Channel
from tests.support.alerting import after
from tests.support.bounces import dsn
from tests.support.keyed_gateway import KeyedGateway
from tests.support.mail_server import MailServer
from tests.support.post import Post

RETURN_PATH = ReturnPath("bounces@giamsat.example", b"k" * 32)


@pytest.fixture
async def door(post: Post) -> AsyncIterator[int]:
    async def take(number: int, report: Report) -> bool:
        async with unit_of_work(post.world.alerts) as connection:
            await taking.take(connection, number, report, post.limits, now=post.clock.at)
        return True

    async with listener.listening(Door(RETURN_PATH, take), 0) as port:
        yield port


def _hand_in(port: int, to: str, content: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.sendmail("", [to], content)


async def hand_in(port: int, to: str, content: bytes) -> None:
    """As a mail server does it, from its own thread."""
    await anyio.to_thread.run_sync(partial(_hand_in, port, to, content))


async def sent(post: Post, mail: MailServer) -> str:
    """The address on its envelope that the bounce of a mail comes back to."""
    post.return_path = RETURN_PATH
    await post.tell(Channel.EMAIL)
    await post.deliver()
    return mail.senders[-1]


async def test_every_mail_has_a_return_path_of_its_own(post: Post, mail: MailServer) -> None:
    first, second = await sent(post, mail), await sent(post, mail)
    assert first != second
    assert mail.received[0]["From"] == "giamsat <giamsat@giamsat.example>"
    found = await post.world.rows("SELECT id FROM notification ORDER BY id")
    ours = [RETURN_PATH.notification_of(address) for address in (first, second)]
    assert ours == [row.id for row in found]


async def test_a_bounce_flags_the_address_and_another_channel_is_tried(
    post: Post, mail: MailServer, sms: KeyedGateway, door: int
) -> None:
    await post.give_telephone()
    to = await sent(post, mail)
    for _ in range(2):
        await hand_in(door, to, dsn("failed", "5.1.1").as_bytes())
    await post.deliver()
    assert await post.states() == [("email", "dead"), ("sms", "sent")]
    assert await post.faults() == [("email", "bounced")]
    assert await post.reasons() == [("bounced", "sms")]


async def test_a_delay_changes_nothing(post: Post, mail: MailServer, door: int) -> None:
    to = await sent(post, mail)
    await hand_in(door, to, dsn("delayed", "4.4.1").as_bytes())
    assert await post.states() == [("email", "sent")]
    assert await post.faults() == []


async def test_that_it_arrived_is_its_receipt(post: Post, mail: MailServer, door: int) -> None:
    to = await sent(post, mail)
    post.clock.at = after(30)
    await hand_in(door, to, dsn("delivered", "2.0.0").as_bytes())
    (row,) = await post.world.rows("SELECT receipt, receipt_at FROM notification")
    assert (row.receipt, row.receipt_at) == ("delivered", after(30))


@pytest.mark.parametrize(
    "forged",
    [
        "bounces@giamsat.example",
        "bounces+1-aaaaaaaaaaaaaaaa@giamsat.example",
        "bounces+99999999999999999999-aaaaaaaaaaaaaaaa@giamsat.example",
        "p1@example.org",
    ],
)
async def test_a_stranger_can_flag_nobody(
    post: Post, mail: MailServer, door: int, forged: str
) -> None:
    await sent(post, mail)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        await hand_in(door, forged, dsn("failed", "5.1.1").as_bytes())
    assert await post.faults() == []


async def test_the_tag_of_one_mail_does_not_fit_another(post: Post, mail: MailServer) -> None:
    local, _, domain = (await sent(post, mail)).partition("@")
    number, _, tag = local.partition("+")[2].partition("-")
    other = f"bounces+{int(number) + 1}-{tag}@{domain}"
    assert RETURN_PATH.notification_of(other) is None
    assert RETURN_PATH.notification_of(f"BOUNCES+{number}-{tag.upper()}@{domain}") == int(number)


async def test_while_the_database_is_away_the_bounce_is_kept_by_the_mail_server(
    post: Post, mail: MailServer
) -> None:
    to = await sent(post, mail)

    async def cannot(_number: int, _report: Report) -> bool:
        return False

    async with listener.listening(Door(RETURN_PATH, cannot), 0) as port:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            await hand_in(port, to, dsn("failed", "5.1.1").as_bytes())
    assert refused.value.smtp_code == 451
