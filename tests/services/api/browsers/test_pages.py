"""Notifications in one's own browsers, on the page of one's telephones."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from shared.db.session import unit_of_work
from shared.db.tables.channels import person_text
from shared.db.tables.outbox import address_fault
from shared.domain import web_push
from shared.runtime.web_push import public_key_of
from tests.services.api.conftest import PUSH_KEY, Clock
from tests.support.app import LentApp
from tests.support.people import Province
from tests.support.push_service import Browser

HERE = "/account/telephones"
BROWSER = Browser("https://push.browser.example/send/1")


def client_of(resources: Resources, province: Province) -> httpx.AsyncClient:
    """A caregiver's browser."""
    token = province.caregiver["Authorization"].removeprefix("Bearer ")
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False),
        base_url="http://console.test",
        headers={"Sec-Fetch-Site": "same-origin"},
        cookies={"giamsat_session": token, "giamsat_lang": "en"},
        follow_redirects=True,
    )


@pytest.fixture
async def console(resources: Resources, province: Province) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(resources, province) as client:
        yield client


async def subscribe(console: httpx.AsyncClient) -> None:
    """As the page's own script does it, with the cookie."""
    body = {"endpoint": BROWSER.endpoint, "keys": BROWSER.keys}
    answer = await console.post("/api/v1/account/browsers", json=body)
    assert answer.status_code == 201


async def test_the_page_tells_the_script_what_it_needs(console: httpx.AsyncClient) -> None:
    page = await console.get(HERE)
    key = public_key_of(web_push.key_of(PUSH_KEY))
    assert f'data-push="{key}"' in page.text
    assert re.search(r'<script type="module" src="/static/push.js\?[^"]+"', page.text)
    assert BROWSER.endpoint not in page.text


async def test_a_browser_is_listed_tried_and_taken_away(
    console: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await subscribe(console)
    page = await console.get(f"{HERE}?done=browser_on")
    assert "Notifications are on in this browser" in page.text
    assert f'data-fingerprint="{web_push.fingerprint(BROWSER.endpoint)}"' in page.text
    page = await console.post("/account/browsers/1/test")
    assert "is on its way" in page.text
    async with unit_of_work(engine) as connection:
        await connection.execute(update(person_text).values(state="sent"))
    assert "it has not been shown yet" in (await console.get(HERE)).text
    async with unit_of_work(engine) as connection:
        await connection.execute(update(person_text).values(receipt="delivered"))
    assert re.search(r"The test of \S+ arrived", (await console.get(HERE)).text)
    page = await console.post("/account/browsers/1/remove")
    assert "data-fingerprint" not in page.text


async def test_a_browser_that_is_gone_says_so_and_is_not_tried(
    console: httpx.AsyncClient, engine: AsyncEngine, clock: Clock
) -> None:
    await subscribe(console)
    async with unit_of_work(engine) as connection:
        await connection.execute(
            insert(address_fault).values(
                channel="push", address=BROWSER.endpoint, since_at=clock.at, reason="gone"
            )
        )
    page = await console.get(HERE)
    assert "It takes nothing any more" in page.text
    assert "/account/browsers/1/test" not in page.text
    refused = await console.post("/account/browsers/1/test")
    assert refused.status_code == 422
    assert "This browser takes nothing any more" in refused.text


async def test_a_browser_is_nobody_elses(
    console: httpx.AsyncClient, resources: Resources, province: Province
) -> None:
    await subscribe(console)
    async with client_of(resources, replace(province, caregiver=province.manager)) as other:
        assert "data-fingerprint" not in (await other.get(HERE)).text
        assert (await other.post("/account/browsers/1/remove")).status_code == 404


async def test_where_nothing_is_pushed_nothing_is_offered(
    resources: Resources, province: Province
) -> None:
    settings = resources.settings.model_copy(update={"push_key": ""})
    async with client_of(replace(resources, settings=settings), province) as client:
        assert "data-push" not in (await client.get(HERE)).text
        body = {"endpoint": BROWSER.endpoint, "keys": BROWSER.keys}
        answer = await client.post("/api/v1/account/browsers", json=body)
        assert (answer.status_code, answer.json()["code"]) == (503, "no_key")


async def test_the_worker_may_serve_the_whole_console_and_is_never_stale(
    console: httpx.AsyncClient,
) -> None:
    answer = await console.get("/push-worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-store"
    assert "connect-src 'self'" in answer.headers["content-security-policy"]


async def test_it_speaks_vietnamese(console: httpx.AsyncClient) -> None:
    console.cookies.set("giamsat_lang", "vi")
    await subscribe(console)
    page = await console.get(HERE)
    assert "Thông báo trên trình duyệt này" in page.text
    assert "Gỡ bỏ" in page.text or "Xoá" in page.text or "Bỏ" in page.text


async def test_the_console_can_be_put_on_a_home_screen(console: httpx.AsyncClient) -> None:
    """Where that is what a telephone asks before it shows notifications."""
    page = await console.get(HERE)
    found = re.search(r'<link rel="manifest" href="([^"]+)"', page.text)
    assert found
    assert "manifest-src 'self'" in page.headers["content-security-policy"]
    manifest = await console.get(found[1])
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    assert manifest.json()["display"] == "standalone"
