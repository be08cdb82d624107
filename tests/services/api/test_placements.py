from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Clock
from tests.support.people import LOTUS, SUNFLOWER, Province

ZONES = f"/facilities/{SUNFLOWER}/zones"
DEVICES = f"/facilities/{SUNFLOWER}/devices"
PLACES = f"{DEVICES}/motion/placements"


@pytest.fixture(autouse=True)
async def motion(api: httpx.AsyncClient, province: Province) -> None:
    for code, kind in (("play", "play_room"), ("bath", "bathroom"), ("yard", "yard")):
        await api.post(ZONES, json={"code": code, "kind": kind}, headers=province.manager)
    for body in (
        {"code": "motion", "kind": "motion", "zone": "play"},
        {"code": "cam", "kind": "camera", "zone": "play"},
        {"code": "gw", "kind": "gateway"},
    ):
        made = await api.post(DEVICES, json=body, headers=province.manager)
        assert made.status_code == 201, made.text


async def moved(
    api: httpx.AsyncClient, province: Province, zone: str, *, device: str = "motion"
) -> httpx.Response:
    path = f"{DEVICES}/{device}/placements"
    return await api.post(path, json={"zone": zone}, headers=province.manager)


async def places(api: httpx.AsyncClient, province: Province) -> list[tuple[Any, ...]]:
    found = (await api.get(PLACES, headers=province.caregiver)).json()
    return [(one["zone"], one["valid_from"], one["valid_to"]) for one in found]


async def test_a_move_ends_one_stay_and_begins_the_next(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    assert await places(api, province) == [("play", "2026-07-01T08:00:00Z", None)]
    clock.advance(minutes=10)
    answer = await moved(api, province, "yard")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["zone"], answer.json()["placed_at"]) == ("yard", "2026-07-01T08:10:00Z")
    clock.advance(minutes=10)
    assert (await moved(api, province, "play")).status_code == 201
    assert await places(api, province) == [
        ("play", "2026-07-01T08:20:00Z", None),
        ("yard", "2026-07-01T08:10:00Z", "2026-07-01T08:20:00Z"),
        ("play", "2026-07-01T08:00:00Z", "2026-07-01T08:10:00Z"),
    ]


async def test_to_move_it_where_it_stands_changes_nothing(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    clock.advance(minutes=20)
    assert (await moved(api, province, "play")).status_code == 201
    assert await places(api, province) == [("play", "2026-07-01T08:00:00Z", None)]


async def test_a_stay_that_took_no_time_leaves_no_trace(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    clock.advance(minutes=20)
    await moved(api, province, "yard")
    await moved(api, province, "play")
    assert await places(api, province) == [
        ("play", "2026-07-01T08:20:00Z", None),
        ("play", "2026-07-01T08:00:00Z", "2026-07-01T08:20:00Z"),
    ]


async def test_no_camera_is_carried_where_children_are_private(
    api: httpx.AsyncClient, province: Province
) -> None:
    answer = await moved(api, province, "bath", device="cam")
    assert (answer.status_code, answer.json()["code"]) == (409, "privacy_zone")
    assert (await moved(api, province, "bath")).status_code == 201, "what does not see may"


async def test_what_cannot_be_is_refused(api: httpx.AsyncClient, province: Province) -> None:
    assert (await moved(api, province, "nowhere")).status_code == 404
    gateway = await moved(api, province, "yard", device="gw")
    assert (gateway.status_code, gateway.json()["code"]) == (409, "gateway")
    await api.delete(f"{ZONES}/yard", headers=province.manager)
    assert (await moved(api, province, "yard")).json()["code"] == "retired"
    await api.delete(f"{DEVICES}/motion", headers=province.manager)
    assert (await moved(api, province, "bath")).json()["code"] == "retired"


async def test_only_who_manages_devices_moves_them(
    api: httpx.AsyncClient, province: Province
) -> None:
    body = {"zone": "yard"}
    for who, status in ((province.caregiver, 403), (province.lotus_manager, 404)):
        assert (await api.post(PLACES, json=body, headers=who)).status_code == status
    foreign = f"/facilities/{LOTUS}/devices/motion/placements"
    assert (await api.post(foreign, json=body, headers=province.officer)).status_code == 404
    assert (await api.get(PLACES, headers=province.lotus_manager)).status_code == 404


async def test_a_zone_that_devices_left_can_be_retired(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    clock.advance(minutes=20)
    for device in ("motion", "cam"):
        assert (await moved(api, province, "yard", device=device)).status_code == 201
    assert (await api.delete(f"{ZONES}/play", headers=province.manager)).status_code == 204
