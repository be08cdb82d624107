import asyncio
import base64
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.tables.registry import device_key
from shared.runtime.ed25519 import SigningKey
from tests.services.api.conftest import Clock
from tests.support.people import LOTUS, SUNFLOWER, Province

DEVICE = f"/facilities/{SUNFLOWER}/devices/cam-1"
KEYS = f"{DEVICE}/keys"
#: RFC 8032, section 7.1, test 1.
KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
FINGERPRINT = "21fe31dfa154a261"
PEM = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----"""


@pytest.fixture(autouse=True)
async def camera(api: httpx.AsyncClient, province: Province) -> None:
    home = f"/facilities/{SUNFLOWER}"
    await api.post(f"{home}/zones", json={"code": "play"}, headers=province.manager)
    body = {"code": "cam-1", "kind": "camera", "zone": "play"}
    made = await api.post(f"{home}/devices", json=body, headers=province.manager)
    assert made.status_code == 201, made.text


def new_key() -> str:
    return base64.b64encode(SigningKey.new().public_key).decode()


async def add(api: httpx.AsyncClient, province: Province, key: str) -> Any:
    return await api.post(KEYS, json={"public_key": key}, headers=province.manager)


async def listed(api: httpx.AsyncClient, province: Province) -> list[dict[str, Any]]:
    answer = await api.get(KEYS, headers=province.caregiver)
    assert answer.json()["next"] is None
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize("text", [KEY, PEM])
async def test_a_key_is_on_record_however_it_was_written(
    api: httpx.AsyncClient, province: Province, text: str
) -> None:
    made = await add(api, province, text)
    assert made.status_code == 201, made.text
    assert made.json() == {
        "fingerprint": FINGERPRINT,
        "public_key": KEY,
        "created_at": "2026-07-01T08:00:00Z",
        "revoked_at": None,
    }
    assert made.headers["Location"] == f"/api/v1{KEYS}/{FINGERPRINT}"
    assert await listed(api, province) == [made.json()]
    assert (await api.get(DEVICE, headers=province.caregiver)).json()["has_key"]


async def test_a_revoked_key_stays_on_record_and_is_not_taken_again(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    await add(api, province, KEY)
    clock.advance(minutes=5)
    for _ in range(2):
        gone = await api.delete(f"{KEYS}/{FINGERPRINT}", headers=province.manager)
        assert gone.status_code == 204
        clock.advance(minutes=5)
    (kept,) = await listed(api, province)
    assert kept["revoked_at"] == "2026-07-01T08:05:00Z"
    assert not (await api.get(DEVICE, headers=province.caregiver)).json()["has_key"]
    again = await add(api, province, KEY)
    assert (again.status_code, again.json()["code"]) == (409, "key_revoked")


async def test_two_keys_may_be_in_force_while_one_is_changed(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    await add(api, province, KEY)
    again = await add(api, province, PEM)
    assert (again.status_code, again.json()["code"]) == (409, "key_known")
    clock.advance(minutes=1)
    second = (await add(api, province, new_key())).json()
    third = await add(api, province, new_key())
    assert (third.status_code, third.json()["code"]) == (409, "too_many_keys")
    await api.delete(f"{KEYS}/{FINGERPRINT}", headers=province.manager)
    clock.advance(minutes=1)
    newest = (await add(api, province, new_key())).json()
    told = [one["fingerprint"] for one in await listed(api, province)]
    assert told == [newest["fingerprint"], second["fingerprint"], FINGERPRINT]


async def test_many_keys_at_once_leave_two(api: httpx.AsyncClient, province: Province) -> None:
    answers = await asyncio.gather(*(add(api, province, new_key()) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "This is no key."),
        ("AAAA", "This is no key."),
        (base64.b64encode(bytes(32)).decode(), "Nobody can own this key, or everybody."),
        (SigningKey.new().pem.decode(), "This is a private key"),
    ],
)
async def test_what_is_no_key_is_refused_without_being_repeated(
    api: httpx.AsyncClient, province: Province, text: str, wrong: str
) -> None:
    refused = await add(api, province, text)
    assert refused.status_code == 422
    (fault,) = refused.json()["errors"]
    assert fault["field"] == "body.public_key"
    assert wrong in fault["wrong"]
    assert fault["advice"]
    assert len(text) < 40 or text[30:60] not in refused.text
    assert await listed(api, province) == []


async def test_a_change_of_keys_is_numbered_for_ingest(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    async def version() -> int:
        async with engine.connect() as connection:
            return int(await connection.scalar(select(device_key.c.version)) or 0)

    await add(api, province, KEY)
    added = await version()
    await api.delete(f"{KEYS}/{FINGERPRINT}", headers=province.manager)
    assert 0 < added < await version()


async def test_a_retired_device_takes_no_key_but_loses_one(
    api: httpx.AsyncClient, province: Province
) -> None:
    await add(api, province, KEY)
    await api.delete(DEVICE, headers=province.manager)
    refused = await add(api, province, new_key())
    assert (refused.status_code, refused.json()["code"]) == (409, "retired")
    gone = await api.delete(f"{KEYS}/{FINGERPRINT}", headers=province.manager)
    assert gone.status_code == 204


@pytest.mark.parametrize(
    ("who", "list_them", "change_them"),
    [
        ("admin", 200, 201),
        ("officer", 200, 201),
        ("manager", 200, 201),
        ("inspector", 200, 403),
        ("commune", 200, 403),
        ("caregiver", 200, 403),
        ("leader", 200, 403),
        ("lotus_manager", 404, 404),
    ],
)
async def test_who_may_see_and_change_keys(
    api: httpx.AsyncClient, province: Province, who: str, list_them: int, change_them: int
) -> None:
    headers = getattr(province, who)
    assert (await api.get(KEYS, headers=headers)).status_code == list_them
    added = await api.post(KEYS, json={"public_key": KEY}, headers=headers)
    assert added.status_code == change_them
    await add(api, province, KEY)
    revoked = await api.delete(f"{KEYS}/{FINGERPRINT}", headers=headers)
    assert revoked.status_code == (204 if change_them == 201 else change_them)


async def test_what_is_not_there_is_not_found(api: httpx.AsyncClient, province: Province) -> None:
    who = province.officer
    for address in (
        f"{KEYS}/{FINGERPRINT}",
        f"{KEYS}/x",
        f"/facilities/{SUNFLOWER}/devices/none/keys/{FINGERPRINT}",
        f"/facilities/{LOTUS}/devices/cam-1/keys/{FINGERPRINT}",
    ):
        assert (await api.delete(address, headers=who)).status_code == 404
    assert (
        await api.get(f"/facilities/{LOTUS}/devices/cam-1/keys", headers=who)
    ).status_code == 404
    assert (await api.get(KEYS)).status_code == 401
