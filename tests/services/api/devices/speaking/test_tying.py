"""Through which gateway a device speaks: said in the API, by code, and on a sheet; and history."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.tables.access_log import access_log
from tests.services.api.conftest import Clock
from tests.support.people import LOTUS, SUNFLOWER, Province

DEVICES = f"/facilities/{SUNFLOWER}/devices"
CAMERA = {"code": "cam-1", "kind": "camera", "zone": "play"}


async def post(
    api: httpx.AsyncClient, province: Province, address: str, **given: object
) -> dict[str, Any]:
    made = await api.post(address, json=given, headers=province.officer)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


@pytest.fixture(autouse=True)
async def home(api: httpx.AsyncClient, province: Province) -> None:
    """A camera and two gateways, and one gateway of another facility."""
    await post(api, province, f"/facilities/{SUNFLOWER}/zones", code="play", kind="play_room")
    for code in ("gw-1", "gw-2"):
        await post(api, province, DEVICES, code=code, kind="gateway")
    await post(api, province, f"/facilities/{LOTUS}/devices", code="gw-9", kind="gateway")
    await post(api, province, DEVICES, **CAMERA)


async def change(
    api: httpx.AsyncClient, province: Province, device: str = "cam-1", **given: object
) -> httpx.Response:
    return await api.patch(f"{DEVICES}/{device}", json=given, headers=province.manager)


async def ties(api: httpx.AsyncClient, province: Province) -> list[dict[str, Any]]:
    found = await api.get(f"{DEVICES}/cam-1/gateways", headers=province.manager)
    assert found.status_code == 200
    listed: list[dict[str, Any]] = found.json()
    return listed


async def test_what_was_before_stays_on_record(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    clock.advance(minutes=5)
    assert (await change(api, province, gateway="gw-1")).json()["gateway"] == "gw-1"
    clock.advance(minutes=5)
    assert (await change(api, province, gateway="gw-2", name="Cam")).json()["gateway"] == "gw-2"
    clock.advance(minutes=5)
    assert (await change(api, province, gateway=None)).json()["gateway"] is None
    told = [
        (one["gateway"], one["valid_from"], one["valid_to"]) for one in await ties(api, province)
    ]
    assert told == [
        (None, "2026-07-01T08:15:00Z", None),
        ("gw-2", "2026-07-01T08:10:00Z", "2026-07-01T08:15:00Z"),
        ("gw-1", "2026-07-01T08:05:00Z", "2026-07-01T08:10:00Z"),
        (None, "2026-07-01T08:00:00Z", "2026-07-01T08:05:00Z"),
    ]


async def test_the_same_again_is_no_change(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    for _ in range(3):
        clock.advance(minutes=5)
        assert (await change(api, province, gateway="gw-1")).status_code == 200
    assert len(await ties(api, province)) == 2


async def test_changing_something_else_leaves_it(
    api: httpx.AsyncClient, province: Province
) -> None:
    await change(api, province, gateway="gw-1")
    assert (await change(api, province, name="Camera")).json()["gateway"] == "gw-1"
    assert (await change(api, province)).status_code == 422


@pytest.mark.parametrize("code", ["gw-9", "gw-8", "cam-1"], ids=["foreign", "absent", "camera"])
async def test_a_gateway_is_one_of_the_same_facility(
    api: httpx.AsyncClient, province: Province, code: str
) -> None:
    refused = await change(api, province, gateway=code)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert len(await ties(api, province)) == 1


async def test_a_retired_gateway_is_none(api: httpx.AsyncClient, province: Province) -> None:
    await api.delete(f"{DEVICES}/gw-1", headers=province.manager)
    assert (await change(api, province, gateway="gw-1")).status_code == 404


async def test_a_gateway_speaks_by_itself(api: httpx.AsyncClient, province: Province) -> None:
    refused = await change(api, province, device="gw-1", gateway="gw-2")
    assert (refused.status_code, refused.json()["code"]) == (409, "speaks_by_itself")


async def test_who_may_only_look_changes_nothing(
    api: httpx.AsyncClient, province: Province
) -> None:
    given = {"gateway": "gw-1"}
    answer = await api.patch(f"{DEVICES}/cam-1", json=given, headers=province.leader)
    assert answer.status_code == 403
    assert len(await ties(api, province)) == 1


async def test_the_access_log_says_which(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    await change(api, province, gateway="gw-1")
    async with engine.connect() as connection:
        details = await connection.scalars(
            select(access_log.c.detail).where(access_log.c.key == f"{SUNFLOWER}/cam-1")
        )
    assert '{"changed": ["gateway"], "gateway": "gw-1"}' in list(details)
