from typing import Any

import httpx
import pytest

from tests.support.people import SUNFLOWER, Province

PROFILES = "/device-profiles"
DEVICES = f"/facilities/{SUNFLOWER}/devices"
SENSOR = {
    "code": "acme-beam", "name": "Acme light barrier", "kind": "motion", "interval_s": 40,
    "tolerance_s": 5, "listening": "active", "power": "mains", "source": "Acme data sheet 7",
}  # fmt: skip


@pytest.fixture(autouse=True)
async def zone(api: httpx.AsyncClient, province: Province) -> None:
    zone = {"code": "play", "kind": "play_room"}
    await api.post(f"/facilities/{SUNFLOWER}/zones", json=zone, headers=province.manager)


async def registered(api: httpx.AsyncClient, province: Province, **more: object) -> Any:
    body = {"code": "one", "kind": "motion", "zone": "play", **more}
    return await api.post(DEVICES, json=body, headers=province.manager)


def rhythm(device: dict[str, Any]) -> tuple[object, ...]:
    return device["profile"], device["interval_s"], device["tolerance_s"]


async def test_what_is_sold_is_there_to_choose_from(
    api: httpx.AsyncClient, province: Province
) -> None:
    found = (await api.get(PROFILES, headers=province.manager)).json()["items"]
    by_code = {one["code"]: one for one in found}
    assert {"onvif-camera", "frigate-camera", "rtsp-gateway-camera", "zigbee-door", "zigbee-motion",
            "zigbee-mains", "tasmota", "shelly", "sparkplug"} <= set(by_code)  # fmt: skip
    door, plug = by_code["zigbee-door"], by_code["zigbee-mains"]
    assert (door["listening"], door["power"], door["interval_s"]) == ("passive", "battery", 90_000)
    assert (plug["listening"], plug["power"], plug["interval_s"]) == ("active", "mains", 600)
    assert all(one["source"] for one in found)


async def test_a_device_copies_its_profile_and_keeps_what_it_copied(
    api: httpx.AsyncClient, province: Province
) -> None:
    assert (await api.post(PROFILES, json=SENSOR, headers=province.admin)).status_code == 201
    made = (await registered(api, province, profile="acme-beam")).json()
    assert rhythm(made) == ("acme-beam", 40, 5)
    assert made["warnings"] == []
    slower = {**SENSOR, "interval_s": 900, "tolerance_s": 90}
    slower.pop("code")
    path = f"{PROFILES}/acme-beam/versions"
    changed = await api.post(path, json=slower, headers=province.admin)
    assert (changed.status_code, changed.json()["version"]) == (201, 2)

    read = (await api.get(f"{DEVICES}/one", headers=province.manager)).json()
    assert rhythm(read) == ("acme-beam", 40, 5)
    later = (await registered(api, province, code="two", profile="acme-beam")).json()
    assert rhythm(later) == ("acme-beam", 900, 90)
    assert [one["code"] for one in later["warnings"]] == ["reports_too_seldom"]
    versions = (await api.get(f"{PROFILES}/acme-beam", headers=province.manager)).json()
    assert [one["version"] for one in versions] == [2, 1]


async def test_what_is_said_counts_more_than_the_profile(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await registered(api, province, profile="zigbee-motion", interval_s=30)
    assert rhythm(made.json()) == ("zigbee-motion", 30, 6)
    both = await registered(
        api, province, code="two", profile="zigbee-motion", interval_s=30, tolerance_s=1
    )
    assert rhythm(both.json()) == ("zigbee-motion", 30, 1)


async def test_whoever_sleeps_too_long_for_its_zone_is_warned_of_at_once(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await registered(api, province, kind="door", profile="zigbee-door")
    assert made.status_code == 201
    (warning,) = made.json()["warnings"]
    assert warning["code"] == "sleeps_too_long"
    assert "90000 s" in warning["detail"]


async def test_nothing_that_sees_passes_for_a_sensor(
    api: httpx.AsyncClient, province: Province
) -> None:
    for body in (
        {"kind": "camera", "profile": "zigbee-door"},
        {"kind": "door", "profile": "onvif-camera"},
    ):
        answer = await registered(api, province, **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "profile_of_another_kind")
    gateway = await registered(api, province, kind="gateway", profile="tasmota")
    assert gateway.status_code == 422
    assert (await registered(api, province, profile="none-such")).status_code == 404


async def test_profiles_are_for_every_province_and_so_is_who_manages_them(
    api: httpx.AsyncClient, province: Province
) -> None:
    for who in (province.manager, province.officer, province.leader):
        assert (await api.post(PROFILES, json=SENSOR, headers=who)).status_code == 403
        assert (await api.delete(f"{PROFILES}/tasmota", headers=who)).status_code == 403
    assert (await api.post(PROFILES, json=SENSOR, headers=province.admin)).status_code == 201
    twice = await api.post(PROFILES, json=SENSOR, headers=province.admin)
    assert (twice.status_code, twice.json()["code"]) == (409, "code_taken")


async def test_a_retired_profile_is_chosen_no_more_and_keeps_its_devices(
    api: httpx.AsyncClient, province: Province
) -> None:
    await registered(api, province, kind="sensor", profile="tasmota")
    answer = await api.delete(f"{PROFILES}/tasmota", headers=province.admin)
    assert answer.status_code == 204
    again = await registered(api, province, code="two", kind="sensor", profile="tasmota")
    assert again.status_code == 404
    read = (await api.get(f"{DEVICES}/one", headers=province.manager)).json()
    assert read["profile"] == "tasmota"
    found = (await api.get(PROFILES, headers=province.manager)).json()["items"]
    assert "tasmota" not in {one["code"] for one in found}
    missing = await api.get(f"{PROFILES}/none-such", headers=province.manager)
    assert missing.status_code == 404
