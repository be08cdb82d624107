"""The console as a person uses it, in a real browser."""

import json
import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.e2e import device
from tests.e2e.rooms import Room
from tests.support.system import System
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(170)]

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


async def open_console(system: System, browser: Browser, who: str, **options: object) -> Page:
    """Logged in through the form, as the person who holds a role."""
    context = await browser.new_context(
        locale="vi-VN",
        viewport=options.get("viewport", DESK),  # type: ignore[arg-type] # a TypedDict of its own
    )
    page = await context.new_page()
    page.set_default_timeout(15_000)
    person = system.run["users"][who] if who in system.run["users"] else system.run["admin"]
    await page.goto(system.run["console_url"] + "/login")
    await page.fill("#email", person["email"])
    await page.fill("#password", person["password"])
    await page.click("main button")
    await page.wait_for_selector("#answer")
    return page


@pytest.fixture
async def manager(system: System, browser: Browser) -> AsyncIterator[Page]:
    page = await open_console(system, browser, "FACILITY_MANAGER")
    yield page
    await keep_picture(page, "manager")


async def keep_picture(page: Page, name: str) -> None:
    """For a person to look at, where GIAMSAT_PICTURES names a folder."""
    if folder := os.environ.get("GIAMSAT_PICTURES"):
        await page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


async def test_a_device_is_registered_in_the_console_and_is_live_at_once(
    system: System, manager: Page
) -> None:
    facility = (await (await system.log_in("FACILITY_MANAGER")).get("facilities"))["items"][0]
    code = f"QR-{uuid.uuid4().hex[:6]}"
    await manager.goto(f"{system.run['console_url']}/facilities/{facility['code']}")
    await manager.click("#new-device summary")
    await manager.fill("#device-code", code)
    await manager.fill("#device-name", "Cảm biến cửa phòng ngủ")
    await manager.select_option("#device-kind", "sensor")
    await manager.select_option("#device-zone", index=1)
    await manager.fill("#device-interval", "2")
    await manager.click("#new-device button")
    await manager.wait_for_selector("main svg")
    await keep_picture(manager, "registered")
    shown = await manager.inner_text("main")
    assert code in shown
    rows = await system.sql("SELECT id FROM device WHERE code = $1", code)
    assert len(rows) == 1


async def test_who_is_unwatched_stands_first_and_is_taken_up_with_a_click(
    system: System, room: Room, browser: Browser
) -> None:
    page = await open_console(system, browser, "DEPT_OFFICER")
    assert await page.get_attribute("html", "lang") == "vi"

    async def opened() -> object:
        return await room.gap("open")

    await eventually(opened, within_s=20)
    here = page.locator("#answer li").filter(has=page.locator(f"a[href$='/{room.facility}']"))
    # Others may lie unwatched here too, taken up already.
    row = here.filter(has=page.locator("button"))
    await row.first.wait_for()
    await keep_picture(page, "overview-unwatched")
    await row.locator("button").first.click()
    gap = await room.gap("open")
    assert gap is not None

    async def acknowledged() -> bool:
        incident = await room.api.get(f"incidents/{gap['incident']}")
        return bool(incident["acknowledgements"])

    assert await eventually(acknowledged)
    await page.goto(f"{system.run['console_url']}/incidents/{gap['incident']}")
    await page.wait_for_selector("#timeline li")
    await keep_picture(page, "incident")


async def test_the_page_changes_by_itself_when_the_watch_resumes(
    system: System, room: Room, browser: Browser
) -> None:
    page = await open_console(system, browser, "FACILITY_MANAGER")
    await page.goto(f"{system.run['console_url']}/facilities/{room.facility}")

    async def opened() -> object:
        return await room.gap("open")

    await eventually(opened, within_s=20)
    name = f"Phòng {room.zone[2:]}"
    await page.locator("#answer", has_text=name).wait_for()
    with device.beating(room.mqtt):
        await page.locator("#answer", has_text=name).wait_for(state="detached")


async def test_the_language_can_be_switched(manager: Page) -> None:
    await manager.click("a[lang=en]")
    await manager.wait_for_selector("html[lang=en]")
    assert "Facilities" in await manager.inner_text("nav.main")


@pytest.mark.parametrize("path", ["/", "/facilities", "/incidents"])
async def test_no_page_is_wider_than_a_phone(system: System, browser: Browser, path: str) -> None:
    page = await open_console(system, browser, "DEPT_OFFICER", viewport=PHONE)
    await page.goto(system.run["console_url"] + path)
    await keep_picture(page, f"phone-{path.strip('/') or 'overview'}")
    widths = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]


async def test_nothing_on_any_page_is_refused_or_broken(system: System, browser: Browser) -> None:
    """No script error, nothing blocked by the content security policy, no failed request."""
    page = await open_console(system, browser, "DEPT_OFFICER")
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    facility = (await (await system.log_in()).get("facilities"))["items"][0]["code"]
    for path in ("/", "/facilities", f"/facilities/{facility}", "/incidents", "/quarantine"):
        answer = await page.goto(system.run["console_url"] + path)
        assert answer is not None
        assert answer.status == 200, path
    assert json.dumps(faults) == "[]"


async def test_a_wrong_password_is_told_without_a_script(system: System, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(system.run["console_url"] + "/login")
    await page.fill("#email", "nobody@giamsat.example")
    await page.fill("#password", "not the password")
    await page.click("main button")
    assert await page.locator("[role=alert]").count() == 1
