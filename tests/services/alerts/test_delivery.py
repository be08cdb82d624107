import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest

from services.alerts.deliver.box import Messages
from services.alerts.deliver.channel import Claimed
from services.alerts.deliver.deliverer import Deliverer
from services.alerts.deliver.email import Mailer, Server, Tls
from services.alerts.deliver.mail import Mail
from services.alerts.outbox.links import Links
from shared.domain.delivery import Channel
from shared.domain.reaching import MAIL_ONLY
from tests.support.alerting import START, World, after
from tests.support.mail_server import MailServer, mail_server
from tests.support.ports import free_port


@dataclass
class Clock:
    """Time that a test moves."""

    at: datetime

    def now(self) -> datetime:
        return self.at


class KilledError(BaseException):
    """Stands for SIGKILL: nothing after it runs."""


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock(after(0))


@pytest.fixture
async def deliverer(world: World, server: MailServer, clock: Clock) -> Deliverer:
    return to_port(world, clock, server.port)


def to_port(world: World, clock: Clock, port: int) -> Deliverer:
    server = Server("127.0.0.1", port, Tls.NONE, "", "", timeout_s=5)
    box = Messages([Channel.EMAIL], Links("https://giamsat.example"), MAIL_ONLY)
    mail = Mail(Mailer(server), "giamsat@giamsat.example")
    return Deliverer(world.alerts, box, {Channel.EMAIL: mail}, clock.now)


async def outbox(world: World, *, people: int = 1) -> None:
    """One alert to each of so many people, due now."""
    facility = await world.facility()
    await world.rows(
        """
        WITH i AS (
            INSERT INTO incident (facility_id, cause, state, since_at, opened_at)
            VALUES (:facility, 'device_silent', 'open', :at, :at) RETURNING id
        )
        INSERT INTO notification (incident_id, kind, occasion, channel, address, language, role,
                                  subject, body, message_id, state, created_at, due_at)
        SELECT i.id, 'alert', 1, 'email', 'p' || n || '@example.org', 'vi', 'FACILITY_MANAGER',
               'Mái ấm Hoa Sen: gián đoạn giám sát – Phòng trẻ nhỏ ' || n,
               'Phòng trẻ nhỏ: gián đoạn giám sát từ 12:01' || chr(10) || '.' || chr(10),
               '<m' || n || '@giamsat.example>', 'pending', :at, :at
        FROM i, generate_series(1, :people) n RETURNING id
        """,
        facility=facility,
        at=START,
        people=people,
    )


async def states(world: World) -> list[str]:
    return [row.state for row in await world.rows("SELECT state FROM notification ORDER BY id")]


async def test_what_is_due_is_sent_once(
    world: World, server: MailServer, deliverer: Deliverer
) -> None:
    await outbox(world, people=3)
    assert await deliverer.run() == 3
    assert await deliverer.run() == 0
    assert [str(mail["To"]) for mail in server.received] == [
        "p1@example.org", "p2@example.org", "p3@example.org",
    ]  # fmt: skip
    assert await states(world) == ["sent", "sent", "sent"]


async def test_a_mail_is_what_mail_programs_expect(
    world: World, server: MailServer, deliverer: Deliverer
) -> None:
    await outbox(world)
    await deliverer.run()
    (mail,) = server.received
    (incident,) = await world.rows("SELECT id FROM incident")

    assert mail["Subject"] == "Mái ấm Hoa Sen: gián đoạn giám sát – Phòng trẻ nhỏ 1"
    assert mail["From"] == "giamsat <giamsat@giamsat.example>"
    assert mail["Message-ID"] == "<m1@giamsat.example>"
    assert mail["References"] == f"<incident-{incident.id}@giamsat.example>"
    assert mail["In-Reply-To"] == mail["References"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == START
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().split("\r\n") == [
        "Phòng trẻ nhỏ: gián đoạn giám sát từ 12:01", ".", "",
    ]  # fmt: skip


async def test_a_temporary_refusal_is_tried_again_later_and_later(
    world: World, server: MailServer, deliverer: Deliverer, clock: Clock
) -> None:
    await outbox(world)
    server.refused_recipients["p1@example.org"] = "451 greylisted"
    for seconds, taken in ((0, 1), (899, 0), (900, 1), (1799, 0), (1800, 1)):
        clock.at = after(seconds)
        assert await deliverer.run() == taken
    server.refused_recipients.clear()
    clock.at = after(1800 + 900)
    await deliverer.run()

    (mail,) = server.received
    assert "trùng" not in mail["Subject"]
    assert await states(world) == ["sent"]


async def test_after_two_days_of_trying_a_mail_is_dead_and_that_is_on_record(
    world: World, server: MailServer, deliverer: Deliverer, clock: Clock
) -> None:
    await outbox(world)
    server.refused_recipients["p1@example.org"] = "450 later"
    tries = 0
    while await states(world) == ["pending"]:
        tries += await deliverer.run()
        clock.at += timedelta(minutes=30)

    assert 15 <= tries <= 30
    assert await states(world) == ["dead"]
    (event,) = await world.rows("SELECT kind, detail FROM event")
    assert (event.kind, event.detail["reason"]) == ("delivery_failed", "too_long")


async def test_a_final_refusal_is_dead_at_once_and_does_not_hold_up_others(
    world: World, server: MailServer, deliverer: Deliverer
) -> None:
    await outbox(world, people=2)
    server.refused_recipients["p1@example.org"] = "550 no such user p1@example.org"
    await deliverer.run()

    assert await states(world) == ["dead", "sent"]
    (event,) = await world.rows("SELECT kind, CAST(detail AS text) AS detail FROM event")
    assert event.kind == "delivery_failed"
    assert "example.org" not in event.detail


async def test_an_address_that_no_server_takes_is_dead(
    world: World, server: MailServer, deliverer: Deliverer
) -> None:
    await outbox(world)
    await world.rows("UPDATE notification SET address = 'x@y' || chr(10) || 'Bcc: z' RETURNING id")
    await deliverer.run()

    assert await states(world) == ["dead"]
    assert server.received == []


async def test_a_server_that_is_not_there_is_waited_for(world: World, clock: Clock) -> None:
    await outbox(world)
    await to_port(world, clock, free_port()).run()

    (attempt,) = await world.rows("SELECT outcome FROM delivery_attempt")
    assert attempt.outcome == "retry"
    assert await states(world) == ["pending"]


async def test_killed_before_it_is_written_down_it_is_sent_again_once_and_marked(
    world: World, server: MailServer, deliverer: Deliverer, clock: Clock
) -> None:
    await outbox(world)

    async def die(_: Claimed) -> None:
        raise KilledError

    with pytest.raises(KilledError):
        await replace(deliverer, before_recording=die).run()
    assert await deliverer.run() == 0
    clock.at = after(61)
    assert await deliverer.run() == 1
    clock.at = after(7200)
    assert await deliverer.run() == 0

    first, second = server.received
    assert second["Message-ID"] == first["Message-ID"]
    assert second["Subject"] == first["Subject"] + " (có thể trùng)"
    assert await states(world) == ["sent"]


async def test_an_answer_lost_after_the_last_byte_means_a_marked_repeat(
    world: World, server: MailServer, deliverer: Deliverer, clock: Clock
) -> None:
    await outbox(world)

    async def hang_up(_: EmailMessage) -> str | None:
        return "hang up"

    server.answer = hang_up
    await deliverer.run()
    server.answer = MailServer().answer
    clock.at = after(61)
    await deliverer.run()

    assert [str(mail["Subject"]).endswith("(có thể trùng)") for mail in server.received] == [
        False, True,
    ]  # fmt: skip


async def test_what_is_told_to_one_person_of_one_incident_is_told_in_order(
    world: World, server: MailServer, deliverer: Deliverer, clock: Clock
) -> None:
    await outbox(world, people=2)
    await world.rows(
        "UPDATE notification SET address = 'p1@example.org', occasion = id RETURNING id"
    )
    server.refused_recipients["p1@example.org"] = "451 later"
    assert await deliverer.run() == 1
    server.refused_recipients.clear()
    clock.at = after(901)
    assert await deliverer.run() == 2

    assert [mail["Message-ID"] for mail in server.received] == [
        "<m1@giamsat.example>", "<m2@giamsat.example>",
    ]  # fmt: skip


async def test_two_deliverers_share_the_work(
    world: World, server: MailServer, deliverer: Deliverer, clock: Clock
) -> None:
    await outbox(world, people=20)
    counts = await asyncio.gather(deliverer.run(), to_port(world, clock, server.port).run())

    assert sum(counts) == 20
    assert len({mail["Message-ID"] for mail in server.received}) == len(server.received) == 20
