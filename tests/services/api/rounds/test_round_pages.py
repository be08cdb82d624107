"""What a phone shows where a label leads, and what a night looks like."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from services.api.sessions import passwords
from shared.db.session import unit_of_work
from shared.db.tables.people import user_account
from tests.services.api.conftest import Clock
from tests.support.app import LentApp
from tests.support.people import SUNFLOWER, Province

BASE = "http://console.test"
HOUSE = f"/facilities/{SUNFLOWER}"
PASSPHRASE = "a long walk beside the river"
NEW_POINT = {"name": "Cửa phòng ngủ", "zone": "dorm"}


def text_of(page: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


@pytest.fixture
async def resources(resources: Resources) -> Resources:
    settings = resources.settings.model_copy(update={"require_second_factor": False})
    return replace(resources, settings=settings)


@pytest.fixture
async def phone(
    resources: Resources, engine: AsyncEngine, province: Province
) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody's yet; everybody of the province has the same passphrase."""
    assert province.user_ids
    async with unit_of_work(engine) as connection:
        hashed = passwords.hashed(PASSPHRASE)
        await connection.execute(update(user_account).values(password_hash=hashed))
    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    headers = {"Origin": BASE}
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
        yield client


async def log_in(phone: httpx.AsyncClient, name: str, wanted: str = "/") -> httpx.Response:
    phone.cookies.clear()
    form = {"email": f"{name}@giamsat.example", "password": PASSPHRASE, "next": wanted}
    answer = await phone.post("/login", data=form)
    assert answer.status_code == 303
    return answer


@pytest.fixture
async def path(phone: httpx.AsyncClient, api: httpx.AsyncClient, province: Province) -> str:
    """Where the label of a new place leads."""
    zone = {"code": "dorm", "name": "Phòng ngủ", "kind": "dormitory"}
    made = await api.post(f"{HOUSE}/zones", json=zone, headers=province.manager)
    assert made.status_code == 201, made.text
    await log_in(phone, "manager")
    label = await phone.post(f"{HOUSE}/rounds/points", data=NEW_POINT)
    assert label.status_code == 201, label.text
    phone.cookies.clear()
    found = re.search(r"http://console\.test(/r/[\w-]{32})<", label.text)
    assert found is not None
    return found[1]


async def test_a_label_says_where_it_hangs_in_both_languages_and_is_drawn(
    phone: httpx.AsyncClient, path: str
) -> None:
    await log_in(phone, "manager")
    label = await phone.post(f"{HOUSE}/devices/round-1/label")
    assert path not in label.text
    assert "<svg" in label.text
    told = text_of(label)
    for words in ("Phòng ngủ", "Cửa phòng ngủ", "bấm “Điểm danh”", "press “Check in”"):
        assert words in told


async def test_whoever_is_not_logged_in_logs_in_and_comes_back(
    phone: httpx.AsyncClient, path: str
) -> None:
    first = await phone.get(path)
    assert first.status_code == 303
    assert first.headers["location"] == f"/login?next={path.replace('/', '%2F')}"
    back = await log_in(phone, "caregiver", path)
    assert back.headers["location"] == path
    page = text_of(await phone.get(path))
    assert "Bạn đang ở: Phòng ngủ" in page
    assert "Không ghi tên trẻ" in page
    assert "điện thoại cũng không giữ lại để gửi sau" in page


async def test_looking_checks_nobody_in_and_one_tap_does(
    phone: httpx.AsyncClient, path: str, clock: Clock
) -> None:
    await log_in(phone, "caregiver")
    assert "chưa có ai" in text_of(await phone.get(path))
    done = await phone.post(path, data={"note": ""})
    assert (done.status_code, done.headers["location"]) == (303, path)
    page = await phone.get(path)
    assert "Đã điểm danh lúc 15:00" in text_of(page)
    assert '<form class="stack"' not in page.text
    clock.advance(minutes=2)
    assert '<form class="stack"' in (await phone.get(path)).text


async def test_a_label_that_opens_nothing_looks_the_same_whatever_the_reason(
    phone: httpx.AsyncClient, path: str
) -> None:
    await log_in(phone, "lotus_manager")
    pages = [await phone.get(path), await phone.get("/r/" + "x" * 32), await phone.post(path)]
    assert {page.status_code for page in pages} == {404}
    shown = {re.sub(r'back=[^"]*|data-now="\d+"', "", page.text) for page in pages}
    assert len(shown) == 1
    assert "nhờ người quản lý cơ sở in lại" in shown.pop()


async def test_a_page_of_another_site_checks_nobody_in(phone: httpx.AsyncClient, path: str) -> None:
    await log_in(phone, "caregiver")
    forged = await phone.post(path, headers={"Origin": "http://evil.test"})
    assert forged.status_code == 403
    assert "chưa có ai" in text_of(await phone.get(path))


async def test_a_night_shows_who_came_by_and_gives_it_as_a_table(
    phone: httpx.AsyncClient, path: str
) -> None:
    await log_in(phone, "caregiver")
    await phone.post(path, data={"note": "=cửa mở"})
    page = text_of(await phone.get(f"{HOUSE}/rounds"))
    assert "15:00" in page
    assert "Caregiver" in page
    table = await phone.get(f"{HOUSE}/rounds.csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert 'filename="rounds-SUN-01-2026-07-01.csv"' in table.headers["content-disposition"]
    assert table.text.splitlines()[1] == (
        '2026-07-01,"15:00, 01/07/2026",Phòng ngủ,Cửa phòng ngủ,Caregiver,\'=cửa mở'
    )


async def test_a_place_that_cannot_be_says_why(phone: httpx.AsyncClient, path: str) -> None:
    assert path
    await log_in(phone, "manager")
    refused = await phone.post(f"{HOUSE}/rounds/points", data={"name": "X", "zone": "nowhere"})
    assert refused.status_code == 422
    assert "Không có khu này ở đây." in text_of(refused)


async def test_a_caregiver_sees_no_labels(phone: httpx.AsyncClient, path: str) -> None:
    assert path
    await log_in(phone, "caregiver")
    assert "Nhãn mới" not in text_of(await phone.get(f"{HOUSE}/rounds"))
    assert (await phone.post(f"{HOUSE}/devices/round-1/label")).status_code == 403


async def test_a_round_points_page_leads_to_its_label_and_offers_no_password(
    phone: httpx.AsyncClient, path: str
) -> None:
    assert path
    await log_in(phone, "manager")
    page = await phone.get(f"{HOUSE}/devices/round-1")
    assert f'action="{HOUSE}/devices/round-1/label"' in page.text
    assert "MQTT" not in text_of(page)
    registered = await phone.post(
        f"{HOUSE}/devices", data={"code": "r-9", "kind": "round_point", "zone": "dorm"}
    )
    assert registered.headers["location"] == f"{HOUSE}/devices/r-9"
