"""Somebody comes by on a round with a phone, and then nobody does."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.support.system import Api, System
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(170)]

PHONE = {"width": 390, "height": 844}
#: A night of seconds: so long nobody need come by.
TOLERATED_S = 15


async def a_place(operator: Api, facility: str) -> tuple[str, str]:
    """A zone in which children are private, and a place on the round in it."""
    mark = uuid.uuid4().hex[:8]
    zone, point = f"Z-{mark}", f"R-{mark}"
    requirement = {"min_devices": 1, "max_gap_s": TOLERATED_S, "kinds": ["round_point"]}
    room = {"code": zone, "name": f"Phòng ngủ {mark}", "kind": "dormitory"}
    await operator.post(f"facilities/{facility}/zones", {**room, "requirement": requirement})
    place = {"code": point, "name": f"Cửa {mark}", "kind": "round_point", "zone": zone}
    made = await operator.post(f"facilities/{facility}/devices", place)
    assert made["mqtt"] is None
    return zone, point


async def covered_s(operator: Api, facility: str, zone: str) -> int:
    now = datetime.now(UTC)  # noqa: TID251 - the test's own clock
    answer = await operator.get(
        f"facilities/{facility}/coverage",
        **{"from": (now - timedelta(minutes=5)).isoformat(), "to": now.isoformat()},
    )
    [found] = [one for one in answer["zones"] if one["zone"] == zone]
    return int(found["seconds"]["covered"])


async def a_phone(browser: Browser) -> Page:
    context = await browser.new_context(
        locale="vi-VN",
        viewport=PHONE,  # type: ignore[arg-type] # a TypedDict of its own
        has_touch=True,
        is_mobile=True,
    )
    page = await context.new_page()
    page.set_default_timeout(20_000)
    return page


async def check_in(page: Page, address: str, person: dict[str, str], *, at: str) -> None:
    """As somebody does who scans a label without being logged in."""
    await page.goto(address)
    assert "/login" in page.url
    await page.fill("#email", person["email"])
    await page.fill("#password", person["password"])
    await page.click("main button")
    await page.wait_for_url(address)
    assert await page.locator("h1").inner_text() == f"Bạn đang ở: {at}"
    await fits(page)
    await page.tap("button.tall")
    await page.wait_for_selector(".answer.good")


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


async def test_a_round_is_walked_with_a_phone_and_a_missed_one_opens_a_gap(
    system: System, browser: Browser
) -> None:
    operator = await system.log_in("FACILITY_MANAGER")
    facility = (await operator.get("facilities"))["items"][0]["code"]
    zone, point = await a_place(operator, facility)
    label = await operator.post(f"facilities/{facility}/devices/{point}/label", {})
    page = await a_phone(browser)
    address = system.run["console_url"] + f"/r/{label['code']}"
    person = system.run["users"]["FACILITY_MANAGER"]
    await check_in(page, address, person, at=f"Phòng ngủ {zone[2:]}")

    async def counted() -> bool:
        return await covered_s(operator, facility, zone) > 0

    assert await eventually(counted)
    night = await operator.get(f"facilities/{facility}/rounds")
    [mine] = [one for one in night["zones"] if one["zone"] == zone]
    assert [visit["device"] for visit in mine["visits"]] == [point]

    async def missed() -> dict[str, Any] | None:
        gaps = await operator.get("gaps", facility=facility, state="open")
        found: list[dict[str, Any]] = [gap for gap in gaps["items"] if gap["zone"] == zone]
        return found[0] if found and found[0]["incident"] else None

    gap = await eventually(missed, within_s=60)
    assert gap is not None
    incident = await operator.get(f"incidents/{gap['incident']}")
    assert incident["cause"] == "round_missed"
    await page.goto(system.run["console_url"] + f"/facilities/{facility}/rounds")
    assert await page.locator("#due .long").count() >= 1
    await fits(page)
    await operator.client.delete(f"facilities/{facility}/devices/{point}")
    left = await operator.client.delete(f"facilities/{facility}/zones/{zone}")
    assert left.is_success, left.text
