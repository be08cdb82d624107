import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.tables.registry import requirement
from tests.services.api.conftest import Clock
from tests.support.people import SUNFLOWER, Province

ZONES = f"/facilities/{SUNFLOWER}/zones"
PLAY_ROOM = {
    "code": "play",
    "name": "Phòng chơi",
    "kind": "play_room",
    "requirement": {"min_devices": 2, "max_gap_s": 90},
}
#: As it is told of a zone that is added like this.
PLAIN = {
    "min_devices": 2,
    "max_gap_s": 90,
    "calendar": None,
    "calendar_name": None,
    "kinds": None,
    "occupied": True,
    "reason": "",
    "valid_to": None,
}


async def test_zone_is_added_read_and_listed(api: httpx.AsyncClient, province: Province) -> None:
    made = await api.post(ZONES, json=PLAY_ROOM, headers=province.manager)
    assert made.status_code == 201
    assert made.json() == {
        "code": "play",
        "name": "Phòng chơi",
        "kind": "play_room",
        "is_private": False,
        "requirement": {**PLAIN, "valid_from": "2026-07-01T08:00:00Z"},
        "warnings": [
            {
                "code": "too_few_devices",
                "detail": "At least 2 must watch at once, but only 0 of the devices here count: "
                "without more the zone is not watched at all.",
                "device": None,
            }
        ],
        "registered_at": "2026-07-01T08:00:00Z",
        "retired_at": None,
    }
    listed = await api.get(ZONES, headers=province.caregiver)
    assert listed.json() == {"items": [{**made.json(), "warnings": []}], "next": None}
    again = await api.post(ZONES, json=PLAY_ROOM, headers=province.manager)
    assert (again.status_code, again.json()["code"]) == (409, "code_taken")


async def test_zone_takes_defaults(api: httpx.AsyncClient, province: Province) -> None:
    made = (await api.post(ZONES, json={"code": "hall"}, headers=province.manager)).json()
    assert (made["name"], made["kind"]) == ("hall", "other")
    assert (made["requirement"]["min_devices"], made["requirement"]["max_gap_s"]) == (1, 60)


async def test_changed_requirement_begins_now_and_leaves_the_past_alone(
    api: httpx.AsyncClient, province: Province, clock: Clock, engine: AsyncEngine
) -> None:
    await api.post(ZONES, json=PLAY_ROOM, headers=province.manager)
    began = clock.at
    clock.advance(minutes=20)
    change = {"requirement": {"max_gap_s": 30}}
    changed = await api.patch(f"{ZONES}/play", json=change, headers=province.manager)
    assert changed.json()["requirement"] == {
        **PLAIN,
        "max_gap_s": 30,
        "valid_from": "2026-07-01T08:20:00Z",
    }
    clock.advance(minutes=20)
    await api.patch(f"{ZONES}/play", json=change, headers=province.manager)
    async with engine.connect() as connection:
        rows = await connection.execute(
            select(
                requirement.c.max_gap_s, requirement.c.valid_from, requirement.c.valid_to
            ).order_by(requirement.c.id)
        )
        terms = [tuple(row) for row in rows]
    middle = terms[1][1]
    assert terms == [(90, began, middle), (30, middle, None)]


async def test_zone_with_devices_is_not_retired(api: httpx.AsyncClient, province: Province) -> None:
    await api.post(ZONES, json=PLAY_ROOM, headers=province.manager)
    devices = f"/facilities/{SUNFLOWER}/devices"
    camera = {"code": "cam", "kind": "camera", "zone": "play"}
    await api.post(devices, json=camera, headers=province.manager)
    refused = await api.delete(f"{ZONES}/play", headers=province.manager)
    assert (refused.status_code, refused.json()["code"]) == (409, "zone_has_devices")
    await api.delete(f"{devices}/cam", headers=province.manager)
    for _ in range(2):
        assert (await api.delete(f"{ZONES}/play", headers=province.manager)).status_code == 204
    read = (await api.get(f"{ZONES}/play", headers=province.manager)).json()
    assert read["retired_at"] == "2026-07-01T08:00:00Z"
    changed = await api.patch(f"{ZONES}/play", json={"name": "x"}, headers=province.manager)
    assert (changed.status_code, changed.json()["code"]) == (409, "retired")
    reused = await api.post(ZONES, json=PLAY_ROOM, headers=province.manager)
    assert (reused.status_code, reused.json()["code"]) == (409, "code_retired")


async def test_zone_with_a_camera_does_not_become_private(
    api: httpx.AsyncClient, province: Province
) -> None:
    await api.post(ZONES, json=PLAY_ROOM, headers=province.manager)
    camera = {"code": "cam", "kind": "camera", "zone": "play"}
    await api.post(f"/facilities/{SUNFLOWER}/devices", json=camera, headers=province.manager)
    change = {"kind": "bathroom"}
    refused = await api.patch(f"{ZONES}/play", json=change, headers=province.manager)
    assert (refused.status_code, refused.json()["code"]) == (409, "privacy_zone")


async def test_wrong_requirements_are_refused(api: httpx.AsyncClient, province: Province) -> None:
    wrong = ({"min_devices": 0}, {"max_gap_s": 0}, {"max_gap_s": -1}, {"min_devices": 1.5})
    for requirement_sent in wrong:
        body = {**PLAY_ROOM, "requirement": requirement_sent}
        refused = await api.post(ZONES, json=body, headers=province.manager)
        assert refused.status_code == 422


async def test_zones_of_a_foreign_facility_are_not_there(
    api: httpx.AsyncClient, province: Province
) -> None:
    await api.post(ZONES, json=PLAY_ROOM, headers=province.manager)
    stranger, reader = province.lotus_manager, province.inspector
    one = f"{ZONES}/play"
    assert (await api.get(ZONES, headers=stranger)).status_code == 404
    assert (await api.get(one, headers=stranger)).status_code == 404
    assert (await api.post(ZONES, json=PLAY_ROOM, headers=stranger)).status_code == 404
    assert (await api.patch(one, json={"name": "x"}, headers=stranger)).status_code == 404
    assert (await api.delete(one, headers=stranger)).status_code == 404
    assert (await api.get(f"{ZONES}/none", headers=province.manager)).status_code == 404
    assert (await api.post(ZONES, json=PLAY_ROOM, headers=reader)).status_code == 403
    assert (await api.delete(one, headers=reader)).status_code == 403
