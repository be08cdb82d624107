"""An incident is taken up from the mail on a phone, and several from the board, in a browser."""

import re
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.e2e.rooms import Room
from tests.e2e.test_the_console import PHONE, keep_picture, open_console
from tests.support.system import System
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(170)]

_LINK = re.compile(r"https?://\S+/a/[\w-]+")


async def opened(room: Room) -> dict[str, Any]:
    async def gap() -> dict[str, Any] | None:
        return await room.gap("open")

    found = await eventually(gap, within_s=20)
    assert found is not None
    return found


def link_in(mail: EmailMessage) -> str:
    found = _LINK.search(str(mail.get_content()))
    assert found is not None
    return found[0]


async def test_whoever_was_told_takes_it_up_from_the_mail_on_a_phone(
    system: System, room: Room, browser: Browser
) -> None:
    gap = await opened(room)
    operator = system.run["users"]["FACILITY_MANAGER"]["email"]
    link = link_in(await system.mail(to=operator, about=f"Phòng {room.zone[2:]}"))
    page = await (await browser.new_context(locale="vi-VN", viewport=PHONE)).new_page()  # type: ignore[arg-type] # a TypedDict of its own
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    for _ in range(2):
        await page.goto(link)
        await page.wait_for_selector("button.tall")
    await keep_picture(page, "link")
    before = await room.api.get(f"incidents/{gap['incident']}")
    assert before["acknowledgements"] == []
    widths = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    await page.click("button.tall")
    await page.wait_for_selector(".answer.good")
    await keep_picture(page, "link-used")
    after = await room.api.get(f"incidents/{gap['incident']}")
    assert [one["via"] for one in after["acknowledgements"]] == ["link"]
    await page.goto(link)
    assert await page.locator("button.tall").count() == 0
    assert faults == []


async def test_ticked_incidents_are_taken_up_together(
    system: System, room: Room, browser: Browser
) -> None:
    gap = await opened(room)
    page = await open_console(system, browser, "DEPT_OFFICER")
    await page.goto(f"{system.run['console_url']}/incidents?state=open&taken=no")
    tick = page.locator(f"#tick-{gap['incident']}")
    await tick.check()
    await page.locator("#q").focus()
    # The board is swapped while it is looked at; what was ticked stays so.
    async with page.expect_response(lambda answer: "/incidents?" in answer.url):
        pass
    await keep_picture(page, "board")
    assert await tick.is_checked()
    await page.evaluate("document.getElementById('many').submit()")
    await page.wait_for_selector(".answer.good[role=status]")
    taken = await room.api.get(f"incidents/{gap['incident']}")
    assert len(taken["acknowledgements"]) == 1


async def test_the_page_of_an_incident_says_why_and_takes_a_comment(
    system: System, room: Room, browser: Browser
) -> None:
    gap = await opened(room)
    page = await open_console(system, browser, "FACILITY_MANAGER", viewport=PHONE)
    await page.goto(f"{system.run['console_url']}/incidents/{gap['incident']}")
    await page.click("#do-comment summary")
    await page.fill("#comment-note", "Thợ điện đang đến")
    await page.click("#do-comment button")
    await page.locator("#timeline li", has_text="Thợ điện đang đến").wait_for()
    await keep_picture(page, "incident-phone")
    widths = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
