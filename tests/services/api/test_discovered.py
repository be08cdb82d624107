import httpx
import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.placement import discovered_camera
from shared.db.tables.registry import device
from tests.services.api.conftest import Clock
from tests.support.people import SUNFLOWER, Province

DEVICES = f"/facilities/{SUNFLOWER}/devices"
FOUND = f"/facilities/{SUNFLOWER}/discovered-cameras"
GATE, YARD = (f"urn:uuid:{number:032x}" for number in (1, 2))


@pytest.fixture(autouse=True)
async def found(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    zone = {"code": "play", "kind": "play_room"}
    await api.post(f"/facilities/{SUNFLOWER}/zones", json=zone, headers=province.manager)
    for code in ("gw-1", "gw-2"):
        body = {"code": code, "kind": "gateway"}
        assert (await api.post(DEVICES, json=body, headers=province.manager)).status_code == 201
    async with unit_of_work(engine) as connection:
        gateways = dict((await connection.execute(select(device.c.code, device.c.id))).all())
        for code, endpoint in (("gw-1", GATE), ("gw-1", YARD), ("gw-2", GATE)):
            await connection.execute(
                insert(discovered_camera).values(
                    gateway_id=gateways[code], endpoint=endpoint, name="Gate", hardware="IPC",
                    address="http://192.168.1.20/onvif", seen_at=clock.at,
                )
            )  # fmt: skip


async def listed(api: httpx.AsyncClient, headers: dict[str, str]) -> list[tuple[str, str]]:
    answer = await api.get(FOUND, headers=headers)
    assert answer.status_code == 200, answer.text
    return [(one["endpoint"], one["gateway"]) for one in answer.json()["items"]]


async def test_what_was_found_is_listed_once_until_it_is_registered(
    api: httpx.AsyncClient, province: Province
) -> None:
    assert await listed(api, province.manager) == [(GATE, "gw-2"), (YARD, "gw-1")]
    body = {"code": "cam-1", "kind": "camera", "zone": "play", "endpoint": GATE}
    made = await api.post(DEVICES, json=body, headers=province.manager)
    assert made.status_code == 201, made.text
    assert await listed(api, province.manager) == [(YARD, "gw-1")]
    await api.delete(f"{DEVICES}/cam-1", headers=province.manager)
    assert len(await listed(api, province.manager)) == 2


async def test_a_gateway_that_is_gone_tells_of_nothing(
    api: httpx.AsyncClient, province: Province
) -> None:
    await api.delete(f"{DEVICES}/gw-1", headers=province.manager)
    assert await listed(api, province.manager) == [(GATE, "gw-2")]


async def test_the_network_of_a_site_is_told_to_those_who_register_there(
    api: httpx.AsyncClient, province: Province
) -> None:
    assert (await api.get(FOUND, headers=province.caregiver)).status_code == 403
    assert (await api.get(FOUND, headers=province.lotus_manager)).status_code == 404
    assert len(await listed(api, province.officer)) == 2


async def test_what_it_calls_itself_has_one_form(
    api: httpx.AsyncClient, province: Province
) -> None:
    body = {"code": "cam-1", "kind": "camera", "zone": "play", "endpoint": "http://evil/"}
    assert (await api.post(DEVICES, json=body, headers=province.manager)).status_code == 422
