"""Logging in as people do: with a passkey, with an app's codes, and by an invitation's link."""

import re
from collections.abc import AsyncIterator, Iterator

import pyotp
import pytest
from playwright.async_api import Browser, BrowserContext, Page

from shared.runtime import clock
from tests.e2e.test_the_console import keep_picture
from tests.support.system import System, running_system

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(170)]

GOOD = "trời xanh mây trắng 27"


@pytest.fixture(scope="module")
def strict() -> Iterator[System]:
    """With second factors, as it is where people are real."""
    with running_system("--demo", settings={"API_REQUIRE_SECOND_FACTOR": "true"}) as system:
        yield system


@pytest.fixture
async def house(strict: System) -> AsyncIterator[System]:
    await strict.ready()
    yield strict
    await strict.leave()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context(locale="vi-VN", viewport={"width": 1280, "height": 900})
    made.set_default_timeout(15_000)
    yield made
    await made.close()


def named(system: System) -> str:
    """Passkeys belong to a name; on this machine itself that is localhost."""
    return str(system.run["console_url"]).replace("127.0.0.1", "localhost")


async def log_in(page: Page, system: System, who: str) -> None:
    person = system.run["users"][who]
    await page.goto(named(system) + "/login")
    await page.fill("#email", person["email"])
    await page.fill("#password", person["password"])
    await page.click("form[action='/login'] button")


async def test_a_passkey_is_set_up_and_logs_in_by_itself(
    house: System, context: BrowserContext
) -> None:
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    await log_in(page, house, "DEPT_OFFICER")
    await page.wait_for_url("**/account/factors**")
    await keep_picture(page, "factors")
    await page.fill("#passkey-name", "Điện thoại")
    await page.click("#new-passkey button")
    await page.wait_for_selector("#codes")
    await keep_picture(page, "codes")
    assert len(await page.locator("#codes li").all()) == 10
    await page.click("main a.strong")
    await page.wait_for_selector("#answer")
    await page.click("form[action='/logout'] button")
    await page.wait_for_url("**/login**")
    await keep_picture(page, "login")
    await page.click("#passkey button")
    await page.wait_for_selector("#answer")
    await page.goto(named(house) + "/account")
    await keep_picture(page, "account")
    await page.set_viewport_size({"width": 390, "height": 844})
    await keep_picture(page, "account-phone")
    assert "Điện thoại" in await page.inner_text("main")
    used = await house.sql("SELECT last_used_at FROM passkey")
    assert used[0]["last_used_at"] is not None


async def test_an_app_is_set_up_and_its_codes_log_in(
    house: System, context: BrowserContext
) -> None:
    page = await context.new_page()
    await log_in(page, house, "FACILITY_MANAGER")
    await page.wait_for_url("**/account/factors**")
    await page.click("form[action='/account/factors/app'] button")
    await keep_picture(page, "app")
    secret = (await page.inner_text("#secret")).replace(" ", "")
    app = pyotp.TOTP(secret)
    await page.fill("#code", app.at(clock.now()))
    await page.click("form[action='/account/factors/app/confirm'] button")
    await page.wait_for_selector("#codes")
    await page.click("main a.strong")
    await page.wait_for_selector("#answer")
    await page.click("form[action='/logout'] button")
    await log_in(page, house, "FACILITY_MANAGER")
    await page.wait_for_url("**/login/second-factor**")
    await keep_picture(page, "second-factor")
    await page.fill("#code", "000000")
    await page.click("form[action='/login/second-factor'] button")
    await page.wait_for_selector("#fault")
    # The code of now was taken when the app was set up; phones may be a step ahead.
    await page.fill("#code", app.at(clock.now(), counter_offset=1))
    await page.click("form[action='/login/second-factor'] button")
    await page.wait_for_selector("#answer")
    await invite_somebody(house, page, context)


async def invite_somebody(house: System, page: Page, context: BrowserContext) -> None:
    """From the form over a real mail to the overview of whoever was invited."""
    await page.goto(named(house) + "/people/invitations")
    await page.fill("#email", "nguoi.moi@giamsat.example")
    await page.select_option("#give-role", "CAREGIVER")
    await keep_picture(page, "invite")
    await page.click("form[action='/people/invitations'] button.strong")
    await page.wait_for_selector("#link")
    await keep_picture(page, "invited")
    mail = await house.mail(to="nguoi.moi@giamsat.example", about="invitation?token=")
    found = re.search(r"http\S+token=\S+", mail.get_content())
    assert found is not None
    assert context.browser is not None
    other = await context.browser.new_context(
        locale="vi-VN", viewport={"width": 390, "height": 844}
    )
    newcomer = await other.new_page()
    await newcomer.goto(found[0])
    await keep_picture(newcomer, "invitation")
    await newcomer.fill("#name", "Người Mới")
    await newcomer.fill("#passphrase", GOOD)
    await newcomer.fill("#again", GOOD)
    await newcomer.click("main button.strong")
    await newcomer.wait_for_selector("#answer")
    await other.close()
    await page.goto(named(house) + "/people")
    await keep_picture(page, "people")
    assert "Người Mới" in await page.inner_text("main")
    await page.click("text=Người Mới")
    await page.wait_for_selector("#roles-title")
    await keep_picture(page, "person")
    kept = await house.sql("SELECT state, body FROM person_mail")
    assert [(row["state"], row["body"]) for row in kept] == [("sent", "")]
