from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from services.api.app import create_app
from services.api.resources import Resources
from tests.services.api.conftest import Clock
from tests.support.people import SUNFLOWER, Province

ASK = "/broker/authentication"
DEVICES = f"/facilities/{SUNFLOWER}/devices"


@pytest.fixture
async def keyed(resources: Resources, api: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """An api that another broker may ask."""
    settings = resources.settings.model_copy(update={"broker_key": "broker key"})
    app = create_app(replace(resources, settings=settings))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url=api.base_url, headers={"X-Broker-Key": "broker key"}
    ) as client:
        yield client


async def registered(api: httpx.AsyncClient, province: Province) -> dict[str, Any]:
    made = await api.post(DEVICES, json={"code": "gw", "kind": "gateway"}, headers=province.manager)
    mqtt: dict[str, Any] = made.json()["mqtt"]
    return {"username": mqtt["username"], "password": mqtt["password"]}


async def test_right_password_is_allowed_with_the_rules_of_its_device(
    keyed: httpx.AsyncClient, province: Province
) -> None:
    login = await registered(keyed, province)
    own = f"giamsat/v1/{SUNFLOWER}/gw"
    answer = (await keyed.post(ASK, json=login)).json()
    assert (answer["result"], answer["is_superuser"]) == ("allow", False)
    assert "expire_at" not in answer
    assert [tuple(rule.values()) for rule in answer["acl"]] == [
        ("deny", "publish", f"{own}/ack"),
        ("deny", "publish", f"{own}/command"),
        ("allow", "publish", f"{own}/#"),
        ("allow", "subscribe", f"{own}/ack"),
        ("allow", "subscribe", f"{own}/command"),
        ("allow", "subscribe", "giamsat/v1/nonce"),
    ]


async def test_password_with_an_end_brings_it_along(
    keyed: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    login = await registered(keyed, province)
    await keyed.post(f"{DEVICES}/gw/credentials", headers=province.manager)
    answer = (await keyed.post(ASK, json=login)).json()
    assert answer["expire_at"] == int(clock.at.timestamp()) + 86_400
    clock.advance(days=1)
    assert (await keyed.post(ASK, json=login)).json() == {
        "result": "deny",
        "is_superuser": False,
        "acl": [],
    }


async def test_wrong_password_and_unknown_name_are_denied_alike(
    keyed: httpx.AsyncClient, province: Province
) -> None:
    login = await registered(keyed, province)
    answers = [
        await keyed.post(ASK, json={**login, "password": "x"}),
        await keyed.post(ASK, json={**login, "username": f"{SUNFLOWER}/nobody"}),
        await keyed.post(ASK, json={}),
    ]
    assert [answer.json()["result"] for answer in answers] == ["deny"] * 3


async def test_without_the_key_there_is_no_such_address(
    api: httpx.AsyncClient, keyed: httpx.AsyncClient, province: Province
) -> None:
    login = await registered(api, province)
    unset = await api.post(ASK, json=login, headers={"X-Broker-Key": ""})
    wrong = await keyed.post(ASK, json=login, headers={"X-Broker-Key": "another"})
    assert [unset.status_code, wrong.status_code] == [404, 404]
