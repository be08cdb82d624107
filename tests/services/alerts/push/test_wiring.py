"""What the service does with the key that is set, or with none."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from services.alerts import carriers
from services.alerts.settings import Settings
from services.alerts.sms.service import Sms
from shared.db.tables.channels import contact_point, person_text
from shared.domain.delivery import Channel
from shared.runtime import clock
from shared.runtime.egress import Egress
from shared.runtime.sealed_box import new_key
from tests.support.alerting import World
from tests.support.push_service import Browser, PushService, push_service
from tests.support.waiting import eventually


def settings(push_key: str) -> Settings:
    return Settings(
        database_url="", smtp_host="", mail_from="giamsat@example.org", console_url="https://x",
        push_key=push_key,
    )  # fmt: skip


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with push_service() as running:
        yield running


async def a_test(world: World, browser: Browser) -> None:
    """As the api writes it."""
    user, now = await world.user("CAREGIVER"), clock.now()
    number = await world.add(
        contact_point, user_id=user, channel="push", address=browser.endpoint, keys=browser.keys,
        created_at=now, verified_at=now,
    )  # fmt: skip
    await world.add(
        person_text, contact_point_id=number, kind="test", language="vi", body="Đây là tin thử.",
        message_id="<test-1@giamsat>", created_at=now, due_at=now,
        expires_at=now + timedelta(minutes=30),
    )  # fmt: skip


async def state_after(world: World, config: Settings, egress: Egress) -> str:
    pushes = carriers.pushes(config, world.alerts, egress, now=clock.now)
    sms = Sms.of(config, world.alerts, now=clock.now, beside={Channel.PUSH: pushes})
    stop = asyncio.Event()

    async def ended() -> str | None:
        (row,) = await world.rows("SELECT state FROM person_text")
        return None if row.state == "pending" else str(row.state)

    async with asyncio.TaskGroup() as group:
        group.create_task(sms.run(stop))
        try:
            return await eventually(ended, within_s=20) or ""
        finally:
            stop.set()


async def test_a_test_leaves_by_itself_and_says_whom_to_ask_about_it(
    world: World, service: PushService
) -> None:
    browser = service.browser()
    await a_test(world, browser)
    assert await state_after(world, settings(new_key()), service.egress) == "sent"
    (push,) = service.pushed
    assert push.for_(browser)["title"] == "Đây là tin thử."
    assert push.claims()["sub"] == "mailto:giamsat@example.org"


async def test_without_a_key_a_test_ends_and_harms_nothing_else(
    world: World, service: PushService
) -> None:
    await a_test(world, service.browser())
    assert await state_after(world, settings(""), service.egress) == "dead"
    assert service.pushed == []


def test_the_channel_is_in_use_where_there_is_a_key() -> None:
    assert Channel.PUSH in carriers.limits(settings(new_key()))
    assert Channel.PUSH not in carriers.limits(settings(""))


async def test_a_service_that_does_not_answer_holds_nobody_up(
    world: World, service: PushService
) -> None:
    service.server.may_answer.clear()
    await a_test(world, service.browser())
    hasty = replace(service.egress, patience_s=0.2)
    config = settings(new_key())
    pushes = carriers.pushes(config, world.alerts, hasty, now=clock.now)
    sms = Sms.of(config, world.alerts, now=clock.now, beside={Channel.PUSH: pushes})
    stop = asyncio.Event()

    async def put_off() -> bool:
        (row,) = await world.rows("SELECT state, attempts, due_at FROM person_text")
        return bool(row.attempts == 1 and row.due_at > clock.now() + timedelta(seconds=30))

    async with asyncio.TaskGroup() as group:
        group.create_task(sms.run(stop))
        try:
            assert await eventually(put_off, within_s=20)
        finally:
            stop.set()


def test_what_is_trusted_on_the_way_out_is_what_the_system_trusts() -> None:
    way = carriers.way_to_push_services()
    assert way.allowed == ()
    assert way.tls is not None
    assert way.tls.check_hostname
