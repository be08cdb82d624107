"""One's own telephones in the console, with plain forms."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from shared.db.session import reading, unit_of_work
from shared.db.tables.channels import person_text
from tests.support.app import LentApp
from tests.support.people import Province

HERE = "/account/telephones"


@pytest.fixture
async def console(resources: Resources, province: Province) -> AsyncIterator[httpx.AsyncClient]:
    """A caregiver's browser."""
    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    token = province.caregiver["Authorization"].removeprefix("Bearer ")
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://console.test",
        headers={"Sec-Fetch-Site": "same-origin"},
        cookies={"giamsat_session": token, "giamsat_lang": "en"},
        follow_redirects=True,
    ) as client:
        yield client


async def sent_code(engine: AsyncEngine) -> str:
    async with reading(engine) as connection:
        body = await connection.scalar(select(person_text.c.body).order_by(person_text.c.id.desc()))
    found = re.search(r"\b\d{6}\b", str(body))
    assert found
    return found[0]


async def test_a_telephone_is_added_proved_tried_and_taken_away(
    console: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    page = await console.post(
        HERE, data={"number": "0901 234 567", "label": "Trực đêm", "spelling": "marked"}
    )
    assert page.status_code == 200
    assert "A code is on its way" in page.text
    assert "+84901234567" in page.text
    wrong = await console.post(f"{HERE}/1/verification", data={"code": "x"})
    assert wrong.status_code == 422
    assert "This is not the code" in wrong.text
    page = await console.post(f"{HERE}/1/verification", data={"code": await sent_code(engine)})
    assert "Alerts reach it from now on" in page.text
    page = await console.post(f"{HERE}/1/spelling", data={"spelling": "unmarked"})
    assert re.search(r'value="unmarked" selected', page.text)
    page = await console.post(f"{HERE}/1/test")
    assert "is on its way" in page.text
    async with unit_of_work(engine) as connection:
        await connection.execute(update(person_text).values(state="sent", receipt="failed"))
    assert "did not arrive" in (await console.get(HERE)).text
    page = await console.post(f"{HERE}/1/remove")
    assert "+84901234567" not in page.text


async def test_what_was_typed_wrongly_can_be_put_right(console: httpx.AsyncClient) -> None:
    page = await console.post(HERE, data={"number": "0241234567", "label": "Bàn"})
    assert page.status_code == 422
    assert "This is no mobile number" in page.text
    assert 'value="0241234567"' in page.text


async def test_the_account_leads_there(console: httpx.AsyncClient) -> None:
    assert f'href="{HERE}"' in (await console.get("/account")).text


async def test_it_speaks_vietnamese(console: httpx.AsyncClient) -> None:
    console.cookies.set("giamsat_lang", "vi")
    page = await console.get(HERE)
    assert "Số điện thoại của tôi" in page.text
