"""A camera comes into service by a QR code, from a phone; a neighbour's inspector sees nothing."""

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import httpx
import pytest
from playwright.async_api import Browser, Locator, Page

from tests.e2e import device
from tests.support.system import Api, System
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(170)]

PHONE = {"width": 390, "height": 844}
HOME, NEIGHBOUR = "hoa-sen", "51-ngok-bay"
WHY = {
    "purpose": "An toàn ở lối vào",
    "justification": "Trẻ nhỏ thường ra cổng một mình vào giờ đón.",
    "alternatives": "Nút gọi và cảm biến cửa không cho biết ai vào ra.",
}


@dataclass
class Thumb:
    """Taps on a phone, counted, from a first look at the page on."""

    page: Page
    taps: int = 0
    begun: float = 0.0

    def begin(self) -> None:
        self.taps, self.begun = 0, time.monotonic()

    async def tap(self, where: str | Locator) -> None:
        self.taps += 1
        found = self.page.locator(where) if isinstance(where, str) else where
        await found.first.tap()

    def told(self) -> str:
        return f"{self.taps} taps, {time.monotonic() - self.begun:.1f} s"


async def logged_in(system: System, browser: Browser, email: str, password: str) -> Page:
    context = await browser.new_context(
        locale="vi-VN",
        viewport=PHONE,  # type: ignore[arg-type] # a TypedDict of its own
        has_touch=True,
        is_mobile=True,
        device_scale_factor=2,
    )
    page = await context.new_page()
    page.set_default_timeout(20_000)
    await page.goto(system.run["console_url"] + "/login")
    await page.fill("#email", email)
    await page.fill("#password", password)
    await page.click("main button")
    await page.wait_for_url(lambda url: "/login" not in url)
    return page


@pytest.fixture
async def phone(system: System, browser: Browser) -> Page:
    person = system.run["users"]["FACILITY_MANAGER"]
    return await logged_in(system, browser, person["email"], person["password"])


async def decoded(page: Page, tmp_path: Path) -> str:
    """What a camera sees in the QR code on the phone's screen."""
    picture = tmp_path / "screen.png"
    await page.locator("figure.qr").screenshot(path=str(picture))
    seen = cv2.imread(str(picture))
    assert seen is not None
    # As a camera that is held nearer or further away: OpenCV misses some codes at some sizes.
    for scale in (1.0, 2.0, 0.5, 1.5):
        text, _, _ = cv2.QRCodeDetector().detectAndDecode(
            cv2.resize(seen, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        )
        if text:
            return str(text)
    raise AssertionError(f"nothing to read in {picture}")


async def redeemed(address: str) -> dict[str, Any]:
    """As the camera does that has read the code."""
    parts = urlsplit(address)
    async with httpx.AsyncClient(base_url=f"{parts.scheme}://{parts.netloc}") as camera:
        answer = await camera.post("/api/v1/enrolments/redeem", json={"code": parts.fragment})
        assert answer.status_code == 201, answer.text
        again = await camera.post("/api/v1/enrolments/redeem", json={"code": parts.fragment})
        assert again.status_code == 404
    enrolled: dict[str, Any] = answer.json()
    return enrolled


async def heartbeats(system: System, code: str) -> int:
    rows = await system.sql(
        "SELECT 1 FROM device_latest JOIN device ON device.id = device_id WHERE code = $1", code
    )
    return len(rows)


async def approve(manager: Api, department: Api, code: str) -> None:
    today = datetime.now(UTC).date()  # noqa: TID251 - the test's own clock
    where = f"facilities/{HOME}/devices/{code}/approvals"
    asked = await manager.post(where, {**WHY, "review_on": str(today + timedelta(days=180))})
    answer = await department.client.post(f"{where}/{asked['id']}/approve", json={})
    assert answer.is_success, answer.text


async def test_an_operator_enrols_a_camera_by_qr_in_under_a_minute_of_taps(
    system: System, phone: Page, tmp_path: Path
) -> None:
    await phone.goto(f"{system.run['console_url']}/facilities/{HOME}")
    thumb = Thumb(phone)
    thumb.begin()
    await thumb.tap(f"a[href='/facilities/{HOME}/enrol']")
    await thumb.tap("label:has(input[name=kind][value=camera])")
    await thumb.tap("fieldset:has(input[name=zone]) label:has-text('Cổng')")
    await thumb.tap("main form button.strong")
    await phone.wait_for_selector("figure.qr svg")
    to_code = thumb.told()
    address = await decoded(phone, tmp_path)
    assert address.startswith(f"{system.run['console_url']}/enrol#")

    enrolled = await redeemed(address)
    code = enrolled["device"]
    await phone.wait_for_selector("section.answer.warn[id^=enrolment-]")
    to_enrolled = thumb.told()

    # A camera that nobody has allowed is let in, and records nothing.
    manager, department = (
        await system.log_in("FACILITY_MANAGER"),
        await system.log_in("DEPT_OFFICER"),
    )
    beat = {"at": device.now_ms()}
    assert not device.publish(enrolled["mqtt"], beat)
    await approve(manager, department, code)
    assert await heartbeats(system, code) == 0

    with device.beating(enrolled["mqtt"]):
        await phone.wait_for_selector("section.answer.good[id^=enrolment-]")
    assert await heartbeats(system, code) == 1
    widths = await phone.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    print(
        f"\nto the code: {to_code}; to the camera enrolled: {to_enrolled}; "
        f"to its first heartbeat, approval included: {thumb.told()}"
    )
    assert thumb.taps <= 6
    assert time.monotonic() - thumb.begun < 60


async def neighbours_inspector(system: System) -> tuple[str, str]:
    """Somebody who inspects one other commune, with the passphrase of the demo's inspector."""
    known = system.run["users"]["INSPECTOR"]
    email = f"inspector-{uuid.uuid4().hex[:8]}@giamsat.example"
    await system.sql(
        "WITH person AS (INSERT INTO user_account (email, name, language, password_hash, "
        "created_at) SELECT $1, 'Thanh tra xã bên', 'vi', password_hash, now() "
        "FROM user_account WHERE email = $2 RETURNING id) "
        "INSERT INTO role_assignment (user_id, role, admin_unit_id, valid_from) "
        "SELECT person.id, 'INSPECTOR', admin_unit.id, now() - interval '1 minute' "
        "FROM person, admin_unit WHERE admin_unit.code = $3 AND admin_unit.valid_to IS NULL",
        email,
        known["email"],
        NEIGHBOUR,
    )
    return email, known["password"]


async def test_an_inspector_of_a_neighbouring_commune_finds_nothing_of_it(
    system: System, browser: Browser
) -> None:
    manager = await system.log_in("FACILITY_MANAGER")
    made = await manager.post(
        f"facilities/{HOME}/enrolments",
        {"kind": "camera", "zone": "cong", "name": f"Camera {uuid.uuid4().hex[:8]}"},
    )
    enrolled = await redeemed(made["address"])
    code, name = enrolled["device"], made["name"]
    email, password = await neighbours_inspector(system)
    page = await logged_in(system, browser, email, password)
    site = system.run["console_url"]

    for path in (
        "/facilities",
        f"/facilities?q={HOME}",
        "/facilities?q=Hoa+Sen",
        "/",
        "/incidents",
    ):
        answer = await page.goto(site + path)
        assert answer is not None
        text = await page.inner_text("main")
        assert name not in text, path
        assert "Hoa Sen" not in text, path
    absent = []
    for path in (
        f"/facilities/{HOME}",
        f"/facilities/{HOME}/devices/{code}",
        f"/facilities/{HOME}/enrol",
        "/facilities/no-such-place",
    ):
        answer = await page.goto(site + path)
        assert answer is not None
        absent.append((answer.status, await page.inner_text("main")))
    # Whatever is not theirs is as absent as what there is not.
    assert absent == [(404, absent[-1][1])] * 4

    own = httpx.AsyncClient(base_url=system.run["api_url"] + "/", timeout=10)
    system.clients.append(own)
    begun = await own.post("sessions", json={"email": email, "password": password})
    own.headers["Authorization"] = f"Bearer {begun.json()['token']}"
    seen = (await own.get("facilities")).json()["items"]
    assert [one["code"] for one in seen] == ["hoa-mai"]
    for path in (
        "devices",
        f"devices/{code}",
        "enrolments",
        f"enrolments/{made['id']}",
        "coverage",
    ):
        assert (await own.get(f"facilities/{HOME}/{path}")).status_code == 404, path

    async def is_on_record() -> bool:
        listed = await manager.get(f"facilities/{HOME}/devices")
        return code in [one["code"] for one in listed["items"]]

    assert await eventually(is_on_record)
