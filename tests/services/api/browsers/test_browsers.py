"""A person's own browsers: subscribed, tried out, and nobody else's business."""

import httpx
import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import reading, unit_of_work
from shared.db.tables.access_log import access_log
from shared.db.tables.channels import contact_point, person_text, sms_receipt
from shared.db.tables.outbox import address_fault
from shared.domain import web_push
from shared.runtime.web_push import public_key_of
from tests.services.api.conftest import PUSH_KEY, Clock
from tests.support.people import Headers, Province
from tests.support.push_service import Browser, b64

HERE = "/account/browsers"
KEY = web_push.key_of(PUSH_KEY)
CHROME = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
}


@pytest.fixture
def me(province: Province) -> Headers:
    return province.caregiver


def browser(number: int = 1) -> Browser:
    return Browser(f"https://push.browser.example/send/{number}")


def body_of(one: Browser, **more: object) -> dict[str, object]:
    return {"endpoint": one.endpoint, "keys": one.keys, "expirationTime": None, **more}


async def added(api: httpx.AsyncClient, me: Headers, one: Browser, **more: object) -> int:
    answer = await api.post(HERE, json=body_of(one, **more), headers={**me, **CHROME})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def test_a_browser_subscribes_and_is_named_by_what_it_says(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers, clock: Clock
) -> None:
    one = browser()
    number = await added(api, me, one)
    [shown] = (await api.get(HERE, headers=me)).json()
    assert shown == {
        "id": number, "label": "Chrome, Linux", "service": "push.browser.example",
        "fingerprint": web_push.fingerprint(one.endpoint), "is_gone": False, "last_test": None,
        "created_at": shown["created_at"],
    }  # fmt: skip
    async with reading(engine) as connection:
        row = (await connection.execute(select(contact_point))).one()
    assert (row.channel, row.address, row.verified_at) == ("push", one.endpoint, clock.at)
    assert row.keys == one.keys


async def test_the_key_is_told_whose_other_half_signs(api: httpx.AsyncClient, me: Headers) -> None:
    answer = await api.get(f"{HERE}/key", headers=me)
    assert answer.json() == {"key": public_key_of(KEY)}
    assert (await api.get(f"{HERE}/key")).status_code == 401


async def test_the_same_browser_again_is_the_same(api: httpx.AsyncClient, me: Headers) -> None:
    one = browser()
    first = await added(api, me, one)
    assert await added(api, me, one, label="Bàn trực") == first
    [shown] = (await api.get(HERE, headers=me)).json()
    assert shown["label"] == "Bàn trực"


async def test_nobody_has_a_sixth_browser_but_gone_ones_make_room(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers, clock: Clock
) -> None:
    for number in range(5):
        await added(api, me, browser(number))
    refused = await api.post(HERE, json=body_of(browser(6)), headers=me)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_browsers")
    await gone(engine, browser(2), clock)
    shown = (await api.get(HERE, headers=me)).json()
    assert [one["is_gone"] for one in shown] == [False, False, True, False, False]
    await added(api, me, browser(6))
    shown = (await api.get(HERE, headers=me)).json()
    assert [one["is_gone"] for one in shown] == [False] * 5


async def gone(engine: AsyncEngine, one: Browser, clock: Clock) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            insert(address_fault).values(
                channel="push", address=one.endpoint, since_at=clock.at, reason="gone"
            )
        )


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.browser.example/send/1", "https://127.0.0.1/send", "https://localhost/send",
        "https://push.internal/send", "https://push.browser.example:22/send",
        "https://me@push.browser.example/send", "ftp://push.browser.example/", "x",
    ],
)  # fmt: skip
async def test_only_https_addresses_of_public_names_are_taken(
    api: httpx.AsyncClient, me: Headers, endpoint: str
) -> None:
    answer = await api.post(HERE, json=body_of(Browser(endpoint)), headers=me)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "keys",
    [
        {"p256dh": b64(b"\x04" + b"\x01" * 64), "auth": b64(b"a" * 16)},
        {"p256dh": b64(b"\x02" + b"\x01" * 32), "auth": b64(b"a" * 16)},
        {"p256dh": "!", "auth": b64(b"a" * 16)},
        {"p256dh": b64(b"x")},
    ],
)
async def test_keys_must_be_keys(api: httpx.AsyncClient, me: Headers, keys: dict[str, str]) -> None:
    body = {"endpoint": "https://push.browser.example/1", "keys": keys}
    assert (await api.post(HERE, json=body, headers=me)).status_code == 422


async def test_a_browser_tells_whoever_subscribed_last(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, me: Headers
) -> None:
    """On the machine of an office, one logs in after another."""
    one = browser()
    await added(api, me, one)
    await added(api, province.manager, one)
    assert (await api.get(HERE, headers=me)).json() == []
    assert len((await api.get(HERE, headers=province.manager)).json()) == 1


async def test_who_has_too_many_takes_nobodys_browser_away(
    api: httpx.AsyncClient, province: Province, me: Headers
) -> None:
    await added(api, me, shared := browser(9))
    for number in range(5):
        await added(api, province.manager, browser(number))
    refused = await api.post(HERE, json=body_of(shared), headers=province.manager)
    assert refused.status_code == 409
    assert len((await api.get(HERE, headers=me)).json()) == 1


async def test_who_only_knows_its_address_takes_nobodys_browser_away(
    api: httpx.AsyncClient, province: Province, me: Headers
) -> None:
    one = browser()
    await added(api, me, one)
    forged = await api.post(HERE, json=body_of(browser()), headers=province.manager)
    assert (forged.status_code, forged.json()["code"]) == (409, "browser_known")
    assert len((await api.get(HERE, headers=me)).json()) == 1


async def test_a_test_is_pushed(api: httpx.AsyncClient, engine: AsyncEngine, me: Headers) -> None:
    number = await added(api, me, browser())
    answer = await api.post(f"{HERE}/{number}/test", headers=me)
    assert answer.status_code == 202
    assert answer.json()["last_test"]["state"] == "pending"
    async with reading(engine) as connection:
        row = (await connection.execute(select(person_text))).one()
    assert (row.contact_point_id, row.kind) == (number, "test")
    assert "thử" in row.body


async def test_a_browser_that_is_gone_is_not_tried(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers, clock: Clock
) -> None:
    number = await added(api, me, browser())
    await gone(engine, browser(), clock)
    answer = await api.post(f"{HERE}/{number}/test", headers=me)
    assert (answer.status_code, answer.json()["code"]) == (409, "browser_gone")


async def test_what_its_push_service_has_ended_never_begins_again(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers, clock: Clock
) -> None:
    """A browser may hold on to it; it has to ask for another."""
    await added(api, me, browser())
    await gone(engine, browser(), clock)
    again = await api.post(HERE, json=body_of(browser()), headers=me)
    assert again.status_code == 409
    assert await added(api, me, browser(2))


async def test_tests_have_an_end(api: httpx.AsyncClient, me: Headers) -> None:
    number = await added(api, me, browser())
    answers = [await api.post(f"{HERE}/{number}/test", headers=me) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429]


async def test_a_removed_browser_is_gone_and_may_come_back(
    api: httpx.AsyncClient, me: Headers
) -> None:
    number = await added(api, me, browser())
    assert (await api.delete(f"{HERE}/{number}", headers=me)).status_code == 204
    assert (await api.get(HERE, headers=me)).json() == []
    assert (await api.delete(f"{HERE}/{number}", headers=me)).status_code == 404
    assert await added(api, me, browser()) != number


@pytest.mark.parametrize("who", ["admin", "manager", "officer"])
async def test_what_is_somebody_elses_is_not_there(
    api: httpx.AsyncClient, province: Province, me: Headers, who: str
) -> None:
    number = await added(api, me, browser())
    other = getattr(province, who)
    assert (await api.get(HERE, headers=other)).json() == []
    for answer in (
        await api.delete(f"{HERE}/{number}", headers=other),
        await api.post(f"{HERE}/{number}/test", headers=other),
    ):
        assert answer.status_code == 404


async def test_each_change_is_on_record_without_an_address(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers
) -> None:
    number = await added(api, me, browser())
    await api.post(f"{HERE}/{number}/test", headers=me)
    await api.delete(f"{HERE}/{number}", headers=me)
    async with reading(engine) as connection:
        lines = (await connection.execute(select(access_log).order_by(access_log.c.n))).all()
    assert [line.verb for line in lines] == ["create", "request", "remove"]
    assert "push.browser.example" not in str(lines)


async def test_what_a_browser_showed_is_kept_once(
    api: httpx.AsyncClient, engine: AsyncEngine, clock: Clock
) -> None:
    """Nobody has to be logged in for that: it is a fact about a message."""
    ref = web_push.reference("<push-m1@x>", key=KEY)
    for _ in range(2):
        answer = await api.post("/push/receipts", json={"ref": ref})
        assert answer.status_code == 204
    async with reading(engine) as connection:
        row = (await connection.execute(select(sms_receipt))).one()
    expected = ("push", web_push.recorded(ref), "delivered")
    assert (row.provider, row.provider_ref, row.receipt) == expected
    assert row.received_at == clock.at


@pytest.mark.parametrize("ref", ["", "x", web_push.reference("<m@x>", key=b"o" * 32)])
async def test_who_makes_a_reference_up_finds_nothing(
    api: httpx.AsyncClient, engine: AsyncEngine, ref: str
) -> None:
    assert (await api.post("/push/receipts", json={"ref": ref})).status_code == 404
    async with reading(engine) as connection:
        assert (await connection.execute(select(sms_receipt))).all() == []
