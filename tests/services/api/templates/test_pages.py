"""The words of messages in the console, with plain forms."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from shared.db.session import reading
from shared.db.tables.channels import message_template
from shared.db.tables.invitations import person_mail
from tests.support.app import LentApp
from tests.support.people import PROVINCE, Headers, Province

MAIL = "/templates/alert/email/vi"
HERE = f"{MAIL}?unit={PROVINCE}"
TYPED = {"subject": "Khẩn: {facility}", "body": "Kính gửi,\r\n{what}\r\n\r\n{link}"}


def browser(resources: Resources, who: Headers) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    token = who["Authorization"].removeprefix("Bearer ")
    return httpx.AsyncClient(
        transport=transport,
        base_url="http://console.test",
        headers={"Sec-Fetch-Site": "same-origin"},
        cookies={"giamsat_session": token, "giamsat_lang": "en"},
        follow_redirects=True,
    )


@pytest.fixture
async def console(resources: Resources, province: Province) -> AsyncIterator[httpx.AsyncClient]:
    """The department's browser."""
    async with browser(resources, province.officer) as client:
        yield client


async def kept(engine: AsyncEngine) -> list[tuple[str, str, bool]]:
    async with reading(engine) as connection:
        rows = await connection.execute(select(message_template).order_by(message_template.c.id))
        return [(row.subject, row.body, row.valid_to is None) for row in rows]


async def test_the_list_leads_a_department_to_its_province(console: httpx.AsyncClient) -> None:
    page = await console.get("/templates")
    assert page.status_code == 200
    assert page.text.count(f'href="{MAIL}?unit={PROVINCE}"') == 1
    assert page.text.count("shipped words") == 44
    assert '<a href="/templates" aria-current' in page.text


async def test_words_are_previewed_saved_and_taken_back(
    console: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    page = await console.post(f"{MAIL}/preview?unit={PROVINCE}", data=TYPED)
    assert page.status_code == 200
    assert "Khẩn: Mái ấm Ví Dụ" in page.text
    assert 'value="Khẩn: {facility}"' in page.text
    assert await kept(engine) == []

    page = await console.post(HERE, data=TYPED)
    assert "From now on it is said so" in page.text
    assert await kept(engine) == [("Khẩn: {facility}", "Kính gửi,\n{what}\n\n{link}", True)]
    listed = await console.get("/templates")
    assert listed.text.count("own words") == 1

    page = await console.post(f"{MAIL}/remove?unit={PROVINCE}")
    assert "stay on record below" in page.text
    assert "Officer" in page.text
    assert [in_force for *_, in_force in await kept(engine)] == [False]


@pytest.mark.parametrize("deed", ["", "/preview", "/test"])
async def test_what_is_wrong_is_said_and_what_was_typed_stays(
    console: httpx.AsyncClient, engine: AsyncEngine, deed: str
) -> None:
    page = await console.post(
        f"{MAIL}{deed}?unit={PROVINCE}", data={"subject": "{child}", "body": "typed <before>"}
    )
    assert page.status_code == 422
    assert "there is no name {child}" in page.text
    assert "{link} is missing" in page.text
    assert "typed &lt;before&gt;</textarea>" in page.text
    assert await kept(engine) == []


async def test_what_no_message_could_hold_is_refused(console: httpx.AsyncClient) -> None:
    page = await console.post(HERE, data={"subject": "a\u202eb", "body": "{link}"})
    assert page.status_code == 422
    assert "something invisible" in page.text


async def test_a_test_goes_to_oneself_and_the_form_keeps_what_was_typed(
    console: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    page = await console.post(f"{MAIL}/test?unit={PROVINCE}", data=TYPED)
    assert "on its way to officer@giamsat.example" in page.text
    assert 'value="Khẩn: {facility}"' in page.text
    async with reading(engine) as connection:
        assert await connection.scalar(select(person_mail.c.address)) == "officer@giamsat.example"


async def test_a_text_without_a_telephone_says_what_to_do(console: httpx.AsyncClient) -> None:
    path = "/templates/alert/sms/vi"
    page = await console.post(f"{path}/test?unit={PROVINCE}", data={"body": "{what} {link}"})
    assert page.status_code == 422
    assert "no telephone that is proved" in page.text
    page = await console.post(f"{path}/preview?unit={PROVINCE}", data={"body": "{what} {link}"})
    assert re.search(r"\d messages? without marks", page.text)


async def test_who_may_not_change_words_does_not_see_them(
    resources: Resources, province: Province
) -> None:
    async with browser(resources, province.manager) as manager:
        assert (await manager.get("/templates")).status_code == 403
        assert (await manager.get(HERE)).status_code == 403
    async with browser(resources, province.officer) as officer:
        seen = await officer.get(MAIL)
        assert ">Save<" not in seen.text
        assert (await officer.post(MAIL, data=TYPED)).status_code == 403
        assert (await officer.get(f"{MAIL}?unit=no-such")).status_code == 404
