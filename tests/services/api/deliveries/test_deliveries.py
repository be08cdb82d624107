"""The delivery log: what was sent and what became of it, and to whom only for those who may see."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from shared.db.tables.outbox import delivery_attempt
from tests.services.api.conftest import Clock
from tests.services.api.incidents.conftest import Troubles
from tests.support.app import LentApp
from tests.support.people import LOTUS, SUNFLOWER, Province

HASH = bytes(range(32))


@pytest.fixture
def troubles(engine: AsyncEngine, province: Province, clock: Any) -> Troubles:
    return Troubles(engine, province, clock.at)


@pytest.fixture
async def sent(troubles: Troubles, clock: Clock) -> dict[str, int]:
    """One message about each facility, one of which was tried twice, and one about nothing."""
    sunflower = await troubles.incident()
    numbers = {
        SUNFLOWER: await troubles.message(
            sunflower, attempts=2, provider="esms", provider_ref="r7", channel="sms",
            receipt="delivered", receipt_at=clock.at, content_hash=HASH,
        ),
        LOTUS: await troubles.message(
            await troubles.incident(LOTUS), "lotus_manager", state="dead", sent_at=None
        ),
        "nothing": await troubles.message(None, "admin", kind="test", role="SYS_ADMIN"),
    }  # fmt: skip
    for outcome, said in (("retry", "no route to +84900000001"), ("accepted", "")):
        await troubles.add(
            delivery_attempt, notification_id=numbers[SUNFLOWER], started_at=clock.at,
            ended_at=clock.at, provider="esms", outcome=outcome, detail=said,
        )  # fmt: skip
    return numbers


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("manager", {SUNFLOWER}),
        ("lotus_manager", {LOTUS}),
        ("commune", {SUNFLOWER}),
        ("officer", {SUNFLOWER, LOTUS}),
        ("admin", {SUNFLOWER, LOTUS, "nothing"}),
    ],
)
async def test_everybody_sees_what_was_sent_about_their_place(
    api: httpx.AsyncClient, province: Province, sent: dict[str, int], who: str, seen: set[str]
) -> None:
    answer = await api.get("/deliveries", headers=getattr(province, who))
    assert [one["id"] for one in answer.json()["items"]] == sorted(
        (sent[name] for name in seen), reverse=True
    )


async def test_the_log_is_closed_to_those_who_may_not_see_it(
    api: httpx.AsyncClient, province: Province, sent: dict[str, int]
) -> None:
    for who in (province.caregiver, province.leader, province.inspector):
        assert (await api.get("/deliveries", headers=who)).status_code == 403
    foreign = await api.get(f"/deliveries/{sent[LOTUS]}", headers=province.manager)
    absent = await api.get("/deliveries/999999", headers=province.manager)
    assert (foreign.status_code, absent.status_code) == (404, 404)


async def test_addresses_are_shown_to_few_also_in_what_the_other_side_said(
    api: httpx.AsyncClient, province: Province, sent: dict[str, int]
) -> None:
    address = f"/deliveries/{sent[SUNFLOWER]}"
    manager = await api.get(address, headers=province.manager)
    assert "+84900000001" not in manager.text
    assert (manager.json()["address"], manager.json()["who"]) == (None, None)
    officer = (await api.get(address, headers=province.officer)).json()
    assert (officer["address"], officer["who"]) == ("manager@giamsat.example", "Manager")
    assert [one["detail"] for one in officer["tries"]] == ["no route to +84900000001", ""]


async def test_a_message_says_through_what_it_went_and_what_became_of_it(
    api: httpx.AsyncClient, province: Province, sent: dict[str, int]
) -> None:
    told = (await api.get(f"/deliveries/{sent[SUNFLOWER]}", headers=province.manager)).json()
    known = {key: told[key] for key in ("channel", "provider", "provider_ref", "attempts")}
    assert known == {"channel": "sms", "provider": "esms", "provider_ref": "r7", "attempts": 2}
    assert (told["outcome"], told["receipt"]) == ("accepted", "delivered")
    assert told["content_sha256"] == HASH.hex()
    assert [one["outcome"] for one in told["tries"]] == ["retry", "accepted"]
    assert "Phòng chơi" not in str(told)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("channel=sms", {SUNFLOWER}),
        ("state=dead", {LOTUS}),
        ("kind=test", {"nothing"}),
        ("receipt=delivered", {SUNFLOWER}),
        (f"facility={LOTUS}", {LOTUS}),
        ("from=2026-07-01T08:00:00Z&to=2026-07-01T08:00:01Z", {SUNFLOWER, LOTUS, "nothing"}),
        ("to=2026-07-01T08:00:00Z", set()),
    ],
)
async def test_the_log_is_narrowed(
    api: httpx.AsyncClient, province: Province, sent: dict[str, int], asked: str, found: set[str]
) -> None:
    answer = await api.get(f"/deliveries?{asked}", headers=province.admin)
    names = {number: name for name, number in sent.items()}
    assert {names[one["id"]] for one in answer.json()["items"]} == found


async def test_pages_follow_each_other(
    api: httpx.AsyncClient, province: Province, sent: dict[str, int]
) -> None:
    first = (await api.get("/deliveries?limit=2", headers=province.admin)).json()
    rest = await api.get(f"/deliveries?limit=2&cursor={first['next']}", headers=province.admin)
    seen = [one["id"] for one in first["items"] + rest.json()["items"]]
    assert seen == sorted(sent.values(), reverse=True)


@pytest.fixture
async def reader(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://console.test") as client:
        client.cookies.set("giamsat_lang", "en")
        yield client


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "yesterday"])
async def test_a_day_that_cannot_be_narrows_nothing(
    reader: httpx.AsyncClient, province: Province, sent: dict[str, int], day: str
) -> None:
    page = await reader.get(f"/deliveries?day={day}", headers=province.manager)
    assert f'id="delivery-{sent[SUNFLOWER]}"' in page.text


async def test_the_page_shows_each_message_with_its_attempts(
    reader: httpx.AsyncClient, province: Province, sent: dict[str, int], clock: Clock
) -> None:
    page = (await reader.get("/deliveries", headers=province.officer)).text
    assert f'id="delivery-{sent[SUNFLOWER]}"' in page
    assert "no route to +84900000001" in page
    assert HASH.hex() in page
    manager = (await reader.get("/deliveries?day=2026-07-01", headers=province.manager)).text
    assert f'id="delivery-{sent[SUNFLOWER]}"' in manager
    assert "+84900000001" not in manager
    assert "manager@" not in manager
    unknown = await reader.get("/deliveries?facility=nowhere", headers=province.manager)
    assert unknown.status_code == 200
    assert "No message fits these filters." in unknown.text
    tomorrow = (clock.at + timedelta(days=1)).date().isoformat()
    empty = (await reader.get(f"/deliveries?day={tomorrow}", headers=province.manager)).text
    assert "No message fits these filters." in empty


async def test_of_a_push_the_page_says_to_whom_and_that_a_browser_showed_it(
    reader: httpx.AsyncClient, province: Province, troubles: Troubles, clock: Clock
) -> None:
    number = await troubles.message(
        await troubles.incident(), channel="push", provider="push", receipt="delivered",
        address=f"browsers-of-{province.user_ids['manager']}", receipt_at=clock.at,
    )  # fmt: skip
    page = (await reader.get("/deliveries", headers=province.officer)).text
    assert f'id="delivery-{number}"' in page
    assert "browser" in page
    assert "browsers-of-" not in page
