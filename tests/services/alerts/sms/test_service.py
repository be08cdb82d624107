"""All of it at once: a message out, its report in, an answer kept, over one line to a centre."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from services.alerts.deliver.box import Messages
from services.alerts.deliver.deliverer import Deliverer
from services.alerts.outbox.links import Links
from services.alerts.settings import Settings
from services.alerts.sms.service import Sms
from shared.db.tables.channels import contact_point, person_text
from shared.domain.delivery import Channel
from shared.runtime import clock
from tests.support.alerting import World
from tests.support.sms_gateways.centre import Centre, Slip, centre

NUMBER = "+84901234567"
KEY = "a key of links that is only good for tests"


def settings(*gateways: dict[str, object]) -> Settings:
    return Settings(
        database_url="", smtp_host="", mail_from="a@example.org", console_url="https://x",
        link_key=KEY, sms_gateways=list(gateways),  # type: ignore[arg-type]  # as a file holds them
    )  # fmt: skip


@asynccontextmanager
async def running(world: World, config: Settings) -> AsyncIterator[Sms]:
    sms = Sms.of(config, world.alerts, now=clock.now)
    stop = asyncio.Event()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(sms.run(stop))
        try:
            yield sms
        finally:
            stop.set()


@pytest.fixture
async def smsc() -> AsyncIterator[Centre]:
    async with centre() as running:
        yield running


def line_to(smsc: Centre) -> dict[str, object]:
    return {
        "kind": "smpp", "name": "network", "host": "127.0.0.1", "port": smsc.port,
        "system_id": "giamsat", "password": "secret", "sender": "8080", "timeout_s": 1,
    }  # fmt: skip


async def until(world: World, statement: str) -> Any:
    """The first row that there is."""
    while not (rows := list(await world.rows(statement))):  # noqa: ASYNC110 - another writes it
        await asyncio.sleep(0.05)
    return rows[0]


async def telephone(world: World) -> int:
    user = await world.user("CAREGIVER")
    now = clock.now()
    return await world.add(
        contact_point, user_id=user, channel="sms", address=NUMBER, created_at=now, verified_at=now
    )


async def test_a_message_its_report_and_an_answer_go_over_one_line(
    world: World, smsc: Centre
) -> None:
    await telephone(world)
    await world.rows(
        """
        INSERT INTO notification (user_id, kind, occasion, channel, address, language, role,
                                  subject, body, short, message_id, state, created_at, due_at)
        SELECT user_id, 'alert', 1, 'sms', address, 'vi', 'CAREGIVER', 'x', 'x',
               'Phòng 1 gián đoạn', '<m1@x>', 'pending', now(), now()
        FROM contact_point RETURNING id
        """
    )
    async with running(world, settings(line_to(smsc))) as sms:
        await smsc.bound.wait()
        box = Messages([Channel.SMS], Links("https://x"), {Channel.SMS: 10})
        deliverer = Deliverer(world.alerts, box, sms.carriers, clock.now, timedelta(seconds=60))
        while not await world.rows("SELECT id FROM notification WHERE state = 'sent'"):
            await deliverer.run()
            await world.rows("UPDATE notification SET due_at = now() RETURNING id")
        assert [sent.content for sent in smsc.taken] == [b"Phong 1 gian doan"]
        await smsc.report("m1", "DELIVRD")
        row = await until(world, "SELECT receipt FROM notification WHERE receipt IS NOT NULL")
        assert row.receipt == "delivered"
        await smsc.answer_from(NUMBER.removeprefix("+"), "OK 1234")
        row = await until(world, "SELECT provider, sender, body FROM sms_inbound")
        assert tuple(row) == ("network", NUMBER, "OK 1234")


async def test_a_line_that_broke_is_opened_again(
    world: World, smsc: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.alerts.sms.listening.AGAIN_AFTER_S", 0.05)
    async with running(world, settings(line_to(smsc))):
        for _ in range(3):
            await smsc.bound.wait()
            smsc.bound.clear()
            await smsc.hang_up()
    assert len(smsc.binds) >= 3


async def test_a_code_to_a_telephone_is_sent_by_itself(world: World, smsc: Centre) -> None:
    smsc.slips.append(Slip.NONE)
    number = await telephone(world)
    async with running(world, settings(line_to(smsc))):
        await smsc.bound.wait()
        now = clock.now()
        await world.add(
            person_text, contact_point_id=number, kind="code", language="vi", body="mã: 123456",
            message_id="<c@x>", created_at=now, due_at=now, expires_at=now + timedelta(minutes=15),
        )  # fmt: skip
        await until(world, "SELECT id FROM person_text WHERE state = 'sent'")
    assert [sent.content for sent in smsc.taken] == [b"ma: 123456"]


async def test_without_gateways_there_is_no_such_channel(world: World) -> None:
    async with running(world, settings()) as sms:
        assert sms.carriers == {}
