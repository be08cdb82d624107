"""What mail servers do (FAULTS F74, F75), each over a real socket, and what becomes of the mail."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from services.alerts.deliver.channel import Carrier
from services.alerts.deliver.deliverer import Deliverer
from services.alerts.deliver.email import Mailer, Server, Tls
from services.alerts.deliver.mail import Mail
from shared.domain.delivery import Channel
from tests.support.alerting import after
from tests.support.mail_server import MailServer
from tests.support.ports import free_port
from tests.support.post import MAIL_FROM, Post
from tests.support.scripted_smtp import Script, scripted

RETRY, REFUSED = "retry", "refused"


def through(post: Post, server: Server) -> Deliverer:
    mail: dict[Channel, Carrier] = {Channel.EMAIL: Mail(Mailer(server), MAIL_FROM)}
    return replace(post.deliverer(), carriers=mail, repeat_after=timedelta(seconds=6))


def to(port: int, *, host: str = "127.0.0.1", tls: Tls = Tls.NONE) -> Server:
    return Server(host, port, tls, "", "", timeout_s=0.5)


@dataclass
class Ended:
    """Of the first attempt: how, and when it is tried again; and whether the address is flagged."""

    outcome: str | None
    state: str
    due_s: float
    is_flagged: bool


async def attempt(post: Post, server: Server) -> Ended:
    await post.tell()
    await through(post, server).run()
    (row,) = await post.world.rows(
        "SELECT a.outcome, n.state, n.due_at FROM notification n "
        "JOIN delivery_attempt a ON a.notification_id = n.id"
    )
    due_s = (row.due_at - post.clock.at).total_seconds()
    return Ended(row.outcome, row.state, due_s, bool(await post.faults()))


@pytest.mark.parametrize(
    ("script", "outcome", "due_s"),
    [
        pytest.param(Script(banner="421 4.3.2 too busy"), RETRY, 900, id="421 at the door"),
        pytest.param(Script(banner_after_s=2), RETRY, 60, id="slow banner"),
        pytest.param(Script(banner=""), RETRY, 60, id="hangs up at once"),
        pytest.param(Script(mail="451 4.3.0 later"), RETRY, 900, id="451 for the sender"),
        pytest.param(Script(mail="550 5.7.1 who are you"), RETRY, 60, id="550 for the sender"),
        pytest.param(Script(rcpt="450 4.2.0 greylisted"), RETRY, 900, id="450 greylisting"),
        pytest.param(Script(rcpt="451 4.7.1 greylisted"), RETRY, 900, id="451 greylisting"),
        pytest.param(Script(rcpt=""), RETRY, 60, id="hangs up at the recipient"),
        pytest.param(Script(dot="452 4.3.1 no space"), RETRY, 900, id="452 for the mail"),
        pytest.param(Script(dot_after_s=2), None, 60, id="slow after the dot"),
        pytest.param(Script(dot=""), None, 60, id="hangs up after the dot"),
    ],
)
async def test_it_is_tried_again_and_no_sooner_than_it_was_asked_for(
    post: Post, script: Script, outcome: str | None, due_s: float
) -> None:
    async with scripted(script):
        ended = await attempt(post, to(script.port))
    assert ended == Ended(outcome, "pending", due_s, is_flagged=False)


@pytest.mark.parametrize(
    ("script", "is_flagged"),
    [
        pytest.param(Script(rcpt="550 5.1.1 no such user"), True, id="550 no such user"),
        pytest.param(Script(rcpt="552 5.2.2 mailbox full"), True, id="552 mailbox full"),
        pytest.param(Script(dot="552 5.2.2 mailbox full"), True, id="552 after the dot"),
        pytest.param(Script(dot="554 5.6.0 not like this"), False, id="554 for the content"),
    ],
)
async def test_it_is_given_up_and_the_address_flagged_where_it_is_to_blame(
    post: Post, script: Script, *, is_flagged: bool
) -> None:
    async with scripted(script):
        ended = await attempt(post, to(script.port))
    assert (ended.outcome, ended.state, ended.is_flagged) == (REFUSED, "dead", is_flagged)


@pytest.mark.parametrize("tls", [Tls.TLS, Tls.STARTTLS])
async def test_mail_never_goes_out_in_the_clear_instead(
    post: Post, mail: MailServer, tls: Tls
) -> None:
    """The server speaks no TLS."""
    ended = await attempt(post, to(mail.port, tls=tls))
    assert (ended.outcome, ended.state) == (RETRY, "pending")
    assert mail.received == []


async def test_a_server_that_refuses_the_connection_is_waited_for(post: Post) -> None:
    assert await attempt(post, to(free_port())) == Ended(RETRY, "pending", 60, is_flagged=False)


async def test_a_name_that_nobody_knows_is_waited_for(post: Post) -> None:
    ended = await attempt(post, to(25, host="nobody.invalid"))
    assert (ended.outcome, ended.state) == (RETRY, "pending")


async def test_one_mail_refused_does_not_touch_another(post: Post, mail: MailServer) -> None:
    await post.world.user("COMMUNE_CPO", email="p2@example.org")
    mail.refused_recipients["p1@example.org"] = "550 5.1.1 no such user"
    second = await post.world.rows("SELECT max(id) AS id FROM user_account")
    await post.tell()
    draft = post.draft()
    other = replace(draft.recipient, user_id=second[0].id, address="p2@example.org")
    await post.put([replace(draft, recipient=other)])
    await post.deliver()
    assert [str(one["To"]) for one in mail.received] == ["p2@example.org"]


@pytest.mark.parametrize(
    "script", [Script(dot=""), Script(dot_after_s=2)], ids=["hangs up", "slow"]
)
async def test_what_may_have_arrived_comes_once_more_and_says_so(
    post: Post, mail: MailServer, script: Script
) -> None:
    async with scripted(script):
        await attempt(post, to(script.port))
        assert len(script.taken) == 1
    await through(post, to(mail.port)).run()
    post.clock.at = after(61)
    await through(post, to(mail.port)).run()
    (repeat,) = mail.received
    assert str(repeat["Subject"]).endswith("(có thể trùng)")
    assert f"Message-ID: {repeat['Message-ID']}".encode() in script.taken[0]


async def test_whoever_was_paused_for_too_long_after_the_claim_sends_nothing(
    post: Post, mail: MailServer
) -> None:
    """F15: what it holds may be somebody else's by now."""
    await post.tell()
    late = replace(post.deliverer(), repeat_after=timedelta(0))
    await late.send_next()
    assert mail.received == []


async def test_what_was_taken_back_is_not_sent(post: Post, mail: MailServer) -> None:
    await post.tell()
    await post.world.rows("UPDATE notification SET state = 'cancelled' RETURNING id")
    assert await post.deliver() == 0
    assert mail.received == []
