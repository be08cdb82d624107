from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Clock
from tests.support.people import LOTUS, SUNFLOWER, Province

ZONES = f"/facilities/{SUNFLOWER}/zones"
PLAY = f"{ZONES}/play"
NIGHTS = {
    "name": "Ban đêm",
    "weekly": [{"days": [0, 1, 2, 3, 4, 5, 6], "from": "22:00", "to": "06:00"}],
}


@pytest.fixture
async def play(api: httpx.AsyncClient, province: Province) -> None:
    await api.post(ZONES, json={"code": "play"}, headers=province.manager)


async def calendar(api: httpx.AsyncClient, who: dict[str, str], **own: Any) -> int:
    made = await api.post("/calendars", json={**NIGHTS, **own}, headers=who)
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


async def require(api: httpx.AsyncClient, who: dict[str, str], **asked: Any) -> httpx.Response:
    return await api.patch(PLAY, json={"requirement": asked}, headers=who)


async def history(api: httpx.AsyncClient, who: dict[str, str]) -> list[tuple[Any, ...]]:
    told = (await api.get(f"{PLAY}/requirements", headers=who)).json()
    return [(one["min_devices"], one["valid_from"][11:16], one["valid_to"]) for one in told]


async def test_everything_about_a_requirement_is_told_again(
    api: httpx.AsyncClient, province: Province, play: None
) -> None:
    nights = await calendar(api, province.officer)
    asked = {"calendar": nights, "kinds": ["smoke", "motion", "motion"], "reason": "Chỉ ở ban đêm"}
    changed = await require(api, province.manager, **asked)
    assert changed.status_code == 200, changed.text
    told = changed.json()["requirement"]
    assert (told["calendar"], told["calendar_name"]) == (nights, "Ban đêm")
    assert (told["kinds"], told["reason"]) == (["motion", "smoke"], "Chỉ ở ban đêm")
    again = (await require(api, province.manager, calendar=None, kinds=None)).json()
    assert (again["requirement"]["calendar"], again["requirement"]["kinds"]) == (None, None)


async def test_a_change_to_come_leaves_the_present_and_the_past_alone(
    api: httpx.AsyncClient, province: Province, clock: Clock, play: None
) -> None:
    later = "2026-07-01T08:20:00Z"
    changed = await require(api, province.manager, min_devices=3, valid_from=later)
    assert changed.json()["requirement"]["min_devices"] == 1
    assert await history(api, province.caregiver) == [
        (3, "08:20", None),
        (1, "08:00", later),
    ]
    clock.advance(minutes=20)
    now = (await api.get(PLAY, headers=province.caregiver)).json()
    assert now["requirement"]["min_devices"] == 3


async def test_a_change_takes_the_place_of_what_was_to_come_later(
    api: httpx.AsyncClient, province: Province, clock: Clock, play: None
) -> None:
    await require(api, province.manager, min_devices=3, valid_from="2026-07-01T08:20:00Z")
    clock.advance(minutes=10)
    await require(api, province.manager, min_devices=2)
    clock.advance(minutes=20)
    assert await history(api, province.manager) == [
        (2, "08:10", None),
        (1, "08:00", "2026-07-01T08:10:00Z"),
    ]


async def test_the_past_cannot_be_asked_for_anew(
    api: httpx.AsyncClient, province: Province, play: None
) -> None:
    refused = await require(api, province.manager, min_devices=2, valid_from="2026-07-01T07:59:59Z")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "body.requirement.valid_from"
    assert len(await history(api, province.manager)) == 1


async def test_what_cannot_be_required_is_refused(
    api: httpx.AsyncClient, province: Province, play: None
) -> None:
    theirs = await calendar(api, province.lotus_manager, facility=LOTUS)
    over = await calendar(api, province.officer)
    await api.delete(f"/calendars/{over}", headers=province.officer)
    wrong: list[dict[str, Any]] = [
        {"calendar": theirs},
        {"calendar": over},
        {"calendar": 999},
        {"kinds": []},
        {"kinds": ["gateway"]},
        {"kinds": ["eyes"]},
        {"reason": "x" * 501},
        {"valid_from": "2026-07-01T09:00:00"},
    ]
    for asked in wrong:
        assert (await require(api, province.manager, **asked)).status_code == 422, asked


async def test_where_nobody_is_nothing_is_required(
    api: httpx.AsyncClient, province: Province, play: None, clock: Clock
) -> None:
    clock.advance(minutes=20)
    empty = await require(api, province.manager, occupied=False, reason="Sửa phòng")
    assert (empty.json()["requirement"]["occupied"], empty.json()["warnings"]) == (False, [])
    window = {"from": "2026-07-01T07:00:00Z", "to": "2026-07-01T10:00:00Z"}
    coverage = f"/facilities/{SUNFLOWER}/coverage"
    told = (await api.get(coverage, params=window, headers=province.manager)).json()
    seconds = told["zones"][0]["seconds"]
    # Required for twenty minutes, of which nobody knows, as no worker ever ran.
    assert seconds == {"covered": 0, "gap": 0, "unknown": 1200, "not_required": 9600}


async def test_a_zone_by_a_calendar_is_not_required_outside_its_hours(
    api: httpx.AsyncClient, province: Province, play: None, clock: Clock
) -> None:
    await require(api, province.manager, calendar=await calendar(api, province.officer))
    # From midnight to midnight in Viet Nam.
    window = {"from": "2026-07-01T17:00:00Z", "to": "2026-07-02T17:00:00Z"}
    coverage = f"/facilities/{SUNFLOWER}/coverage"
    told = (await api.get(coverage, params=window, headers=province.manager)).json()
    assert [(span["from"][11:16], span["state"]) for span in told["zones"][0]["spans"]] == [
        ("17:00", "unknown"),
        ("23:00", "not_required"),
        ("15:00", "unknown"),
    ]
    assert sum(told["zones"][0]["seconds"].values()) == 86_400


async def test_devices_that_speak_too_seldom_are_named_when_the_requirement_is_changed(
    api: httpx.AsyncClient, province: Province, play: None
) -> None:
    devices = f"/facilities/{SUNFLOWER}/devices"
    slow = {"code": "slow", "kind": "motion", "zone": "play", "interval_s": 50}
    await api.post(devices, json=slow, headers=province.manager)
    fine = await require(api, province.manager, max_gap_s=61)
    assert fine.json()["warnings"] == []
    stricter = await require(api, province.manager, max_gap_s=30)
    assert [(w["code"], w["device"]) for w in stricter.json()["warnings"]] == [
        ("device_too_seldom", "slow")
    ]
    only_smoke = await require(api, province.manager, kinds=["smoke"])
    assert [w["code"] for w in only_smoke.json()["warnings"]] == ["too_few_devices"]


async def test_requirements_of_a_foreign_zone_are_not_there(
    api: httpx.AsyncClient, province: Province, play: None
) -> None:
    for headers, path in (
        (province.lotus_manager, f"{PLAY}/requirements"),
        (province.manager, f"{ZONES}/none/requirements"),
    ):
        assert (await api.get(path, headers=headers)).status_code == 404
