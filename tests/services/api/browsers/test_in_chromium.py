"""In a real Chromium: notifications are turned on, shown, confirmed and opened.

Its maker's push service is out of reach here, so the page is handed a subscription in its place,
and pushes are delivered to the service worker over the browser's own debugging protocol.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, async_playwright, expect
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from shared.db.session import reading, unit_of_work
from shared.db.tables.channels import contact_point, sms_receipt
from shared.db.tables.outbox import address_fault
from shared.domain import web_push
from tests.services.api.conftest import PUSH_KEY
from tests.support.app import LentApp
from tests.support.people import Province
from tests.support.push_service import Browser
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e]

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SUBSCRIPTION = Browser("https://push.browser.example/send/1")
#: What its maker's push service would do, and a browser remember.
_PUSH_SERVICE = """
(() => {
  const given = %s;
  const held = (key) => {
    const endpoint = given.endpoint + (localStorage.getItem("ended") || "");
    return {
      endpoint,
      options: { applicationServerKey: key },
      toJSON: () => ({ ...given, endpoint, expirationTime: null }),
      unsubscribe: async () => {
        localStorage.removeItem("key");
        localStorage.setItem("ended", "0");
        return true;
      },
    };
  };
  PushManager.prototype.subscribe = async function (options) {
    const key = options.applicationServerKey;
    localStorage.setItem("key", JSON.stringify([...key]));
    return held(key.buffer);
  };
  PushManager.prototype.getSubscription = async function () {
    const key = localStorage.getItem("key");
    return key && held(new Uint8Array(JSON.parse(key)).buffer);
  };
})();
"""


@asynccontextmanager
async def serving(resources: Resources) -> AsyncIterator[str]:
    """The console on loopback, which browsers trust as they trust https."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(LentApp(resources), lifespan="off", ws="none", log_level="warning")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        server.force_exit = True
        await running


@dataclass
class Console:
    """A caregiver's page, and what the browser says of its workers."""

    page: Page
    context: BrowserContext
    origin: str
    workers: dict[str, str]

    async def open(self) -> None:
        await self.page.goto(f"{self.origin}/account/telephones")

    async def push(self, told: Mapping[str, object]) -> None:
        await self.deliver(json.dumps(told))

    async def deliver(self, content: str) -> None:
        client = await self.context.new_cdp_session(self.page)
        client.on("ServiceWorker.workerRegistrationUpdated", self._note)
        await client.send("ServiceWorker.enable")
        await eventually(self._registration, within_s=10)
        message = {
            "origin": self.origin,
            "registrationId": self.workers[f"{self.origin}/"],
            "data": content,
        }
        await client.send("ServiceWorker.deliverPushMessage", message)

    def _note(self, event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            self.workers[one["scopeURL"]] = one["registrationId"]

    async def _registration(self) -> str | None:
        return self.workers.get(f"{self.origin}/")

    async def shown(self) -> list[dict[str, Any]]:
        """What stands on the screen."""
        found: list[dict[str, Any]] = await self.page.evaluate(
            """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(
              ({ title, body, tag, lang, data, requireInteraction }) =>
                ({ title, body, tag, lang, data, requireInteraction }))"""
        )
        return found


@pytest.fixture
async def chromium() -> AsyncIterator[Chromium]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield browser
        await browser.close()


@asynccontextmanager
async def console_of(
    chromium: Chromium, resources: Resources, province: Province, *, language: str = "en"
) -> AsyncIterator[Console]:
    token = province.caregiver["Authorization"].removeprefix("Bearer ")
    async with serving(resources) as origin:
        context = await chromium.new_context()
        cookies = {"giamsat_session": token, "giamsat_lang": language}
        await context.add_cookies(
            [{"name": name, "value": value, "url": origin} for name, value in cookies.items()]
        )
        page = await context.new_page()
        page.set_default_timeout(15_000)
        try:
            yield Console(page, context, origin, {})
        finally:
            await context.close()


@pytest.fixture
async def console(
    chromium: Chromium, resources: Resources, province: Province
) -> AsyncIterator[Console]:
    async with console_of(chromium, resources, province) as one:
        yield one


@pytest.fixture
async def subscribed(console: Console) -> Console:
    """With notifications turned on, as somebody does it."""
    given = {"endpoint": SUBSCRIPTION.endpoint, "keys": SUBSCRIPTION.keys}
    await console.page.add_init_script(_PUSH_SERVICE % json.dumps(given))
    await console.context.grant_permissions(["notifications"], origin=console.origin)
    await console.open()
    await console.page.get_by_role("button", name="Turn notifications on").click()
    await expect(console.page.get_by_text("Notifications are on in this browser")).to_be_visible()
    return console


async def test_turning_them_on_registers_this_browser(
    subscribed: Console, engine: AsyncEngine
) -> None:
    page = subscribed.page
    await expect(page.get_by_text("They are on in this browser.")).to_be_visible()
    await expect(page.get_by_text("(this browser)")).to_be_visible()
    await expect(page.get_by_role("button", name="Turn notifications on")).to_be_hidden()
    async with reading(engine) as connection:
        row = (await connection.execute(select(contact_point))).one()
    assert (row.address, row.keys) == (SUBSCRIPTION.endpoint, SUBSCRIPTION.keys)


async def test_taking_it_away_makes_the_browser_forget_it_too(
    subscribed: Console, engine: AsyncEngine
) -> None:
    page = subscribed.page
    await page.locator("#browsers").get_by_role("button", name="Take away").click()
    await expect(page.get_by_text("Nothing is pushed to this browser any more.")).to_be_visible()
    await expect(page.get_by_role("button", name="Turn notifications on")).to_be_visible()
    assert await page.evaluate("localStorage.getItem('key')") is None


async def test_a_push_is_shown_and_the_console_hears_of_it(
    subscribed: Console, engine: AsyncEngine
) -> None:
    ref = web_push.reference("<push-m1@x>", key=web_push.key_of(PUSH_KEY))
    told = {
        "title": "Hoa Sen: nothing is watched", "body": "Critical – since 02:10", "lang": "en",
        "tag": "t1", "severity": "critical", "kind": "alert", "path": "/incidents/5", "ref": ref,
    }  # fmt: skip
    await subscribed.push(told)

    async def heard() -> Any:
        async with reading(engine) as connection:
            return (await connection.execute(select(sms_receipt))).one_or_none()

    row = await eventually(heard, within_s=15)
    expected = ("push", web_push.recorded(ref), "delivered")
    assert (row.provider, row.provider_ref, row.receipt) == expected
    assert await subscribed.shown() == [
        {
            "title": "Hoa Sen: nothing is watched", "body": "Critical – since 02:10", "tag": "t1",
            "lang": "en", "requireInteraction": True,
            "data": {"path": "/incidents/5", "ref": ref},
        }
    ]  # fmt: skip


async def test_news_of_an_incident_takes_the_place_of_what_was_shown_of_it(
    subscribed: Console,
) -> None:
    for title in ("first", "second"):
        await subscribed.push({"title": title, "tag": "t1", "path": "/incidents/5"})

        async def is_there(title: str = title) -> bool:
            return [one["title"] for one in await subscribed.shown()] == [title]

        await eventually(is_there, within_s=10)


async def test_what_cannot_be_read_is_shown_as_something(subscribed: Console) -> None:
    """A browser that was promised a notification takes the right away from who shows none."""
    await subscribed.deliver("no JSON")

    async def titles() -> list[str]:
        return [one["title"] for one in await subscribed.shown()]

    assert await eventually(titles, within_s=10) == ["giamsat"]


async def test_a_click_opens_what_it_is_about_and_nothing_of_others(subscribed: Console) -> None:
    [worker] = subscribed.context.service_workers
    for path, opened in (
        ("/incidents/5", f"{subscribed.origin}/incidents/5"),
        ("https://elsewhere.example/", None),
    ):
        found = await worker.evaluate(
            """async (path) => {
              let opened = null;
              self.clients.openWindow = async (url) => { opened = url; };
              await self.registration.showNotification("x", { tag: "c", data: { path } });
              const [notification] = await self.registration.getNotifications({ tag: "c" });
              let done;
              const event = new NotificationEvent("notificationclick", { notification });
              event.waitUntil = (promise) => { done = promise; };
              self.dispatchEvent(event);
              await done;
              return opened;
            }""",
            path,
        )
        assert found == opened


async def test_what_its_push_service_has_ended_is_asked_for_anew(
    subscribed: Console, engine: AsyncEngine
) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            insert(address_fault).values(
                channel="push", address=SUBSCRIPTION.endpoint, reason="gone",
                since_at=datetime(2026, 7, 1, tzinfo=UTC),
            )
        )  # fmt: skip
    page = subscribed.page
    await subscribed.open()
    await expect(page.get_by_text("It takes nothing any more.")).to_be_visible()
    await page.get_by_role("button", name="Turn notifications on").click()
    await expect(page.get_by_text("They are on in this browser.")).to_be_visible()
    await expect(page.get_by_text("It takes nothing any more.")).to_be_hidden()
    async with reading(engine) as connection:
        known = await connection.execute(
            select(contact_point.c.address).where(contact_point.c.removed_at.is_(None))
        )
        assert known.scalars().all() == [SUBSCRIPTION.endpoint + "0"]


async def test_another_address_of_a_browser_is_learned_from_itself(
    subscribed: Console, engine: AsyncEngine
) -> None:
    """A push service may change it; its owner need not come by."""
    [worker] = subscribed.context.service_workers
    moved = Browser("https://push.browser.example/send/2")
    await worker.evaluate(
        """async (given) => {
          const event = new Event("pushsubscriptionchange");
          let done;
          event.newSubscription = { toJSON: () => given };
          event.waitUntil = (promise) => { done = promise; };
          self.dispatchEvent(event);
          await done;
        }""",
        {"endpoint": moved.endpoint, "keys": moved.keys},
    )
    async with reading(engine) as connection:
        known = (await connection.execute(select(contact_point.c.address))).scalars().all()
    assert set(known) == {SUBSCRIPTION.endpoint, moved.endpoint}


async def test_who_has_refused_is_told_how_to_take_it_back(console: Console) -> None:
    await console.page.add_init_script(
        "Object.defineProperty(Notification, 'permission', { get: () => 'denied' });"
    )
    await console.open()
    await expect(console.page.get_by_text("are blocked in this browser")).to_be_visible()
    await expect(console.page.get_by_role("button", name="Turn notifications on")).to_be_hidden()


async def test_a_browser_that_cannot_says_so_in_the_readers_language(
    chromium: Chromium, resources: Resources, province: Province
) -> None:
    async with console_of(chromium, resources, province, language="vi") as console:
        await console.page.add_init_script("delete window.PushManager;")
        await console.open()
        words = "Trình duyệt này không hiện được thông báo."
        await expect(console.page.get_by_text(words)).to_be_visible()


async def test_a_push_service_out_of_reach_is_no_dead_end(console: Console) -> None:
    """As it is here: nothing was patched, and nothing outside can be asked."""
    await console.context.grant_permissions(["notifications"], origin=console.origin)
    await console.open()
    button = console.page.get_by_role("button", name="Turn notifications on")
    await button.click()
    await expect(console.page.get_by_text("could not be registered")).to_be_visible()
    await expect(button).to_be_visible()
