from typing import Any

import httpx

from tests.services.api.conftest import Clock
from tests.support.people import LOTUS, SUNFLOWER, Province

NIGHTS: dict[str, Any] = {
    "name": "Ban đêm",
    "weekly": [{"days": [6, 0, 0], "from": "22:00", "to": "06:00"}],
    "on_holidays": "all_day",
}


async def add(api: httpx.AsyncClient, who: dict[str, str], **own: Any) -> httpx.Response:
    return await api.post("/calendars", json={**NIGHTS, **own}, headers=who)


async def test_a_calendar_is_added_read_and_listed(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await add(api, province.officer)
    assert made.status_code == 201
    assert made.json() == {
        "id": made.json()["id"],
        "name": "Ban đêm",
        "facility": None,
        "weekly": [{"days": [0, 6], "from": "22:00", "to": "06:00"}],
        "on_holidays": "all_day",
        "zones": 0,
        "created_at": "2026-07-01T08:00:00Z",
        "retired_at": None,
    }
    path = f"/calendars/{made.json()['id']}"
    assert made.headers["Location"] == f"/api/v1{path}"
    for reader in (province.caregiver, province.lotus_manager):
        assert (await api.get(path, headers=reader)).json() == made.json()
        assert (await api.get("/calendars", headers=reader)).json()["items"] == [made.json()]


async def test_a_facility_has_calendars_of_its_own_that_others_do_not_see(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await add(api, province.manager, facility=SUNFLOWER)
    assert made.status_code == 201
    path = f"/calendars/{made.json()['id']}"
    assert (await api.get(path, headers=province.caregiver)).status_code == 200
    assert (await api.get(path, headers=province.lotus_manager)).status_code == 404
    assert (await api.delete(path, headers=province.lotus_manager)).status_code == 404
    listed = await api.get("/calendars", headers=province.lotus_manager)
    assert listed.json()["items"] == []
    assert (await add(api, province.manager, facility=LOTUS)).status_code == 404
    assert (await add(api, province.caregiver, facility=SUNFLOWER)).status_code == 403


async def test_what_is_for_all_is_not_for_a_facility_to_say(
    api: httpx.AsyncClient, province: Province
) -> None:
    assert (await add(api, province.manager)).status_code == 403
    made = (await add(api, province.officer)).json()
    refused = await api.delete(f"/calendars/{made['id']}", headers=province.manager)
    assert refused.status_code == 403


async def test_a_retired_calendar_goes_on_for_whom_it_binds(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    made = (await add(api, province.officer)).json()
    zone = {"code": "hall", "requirement": {"calendar": made["id"]}}
    zones = f"/facilities/{SUNFLOWER}/zones"
    assert (await api.post(zones, json=zone, headers=province.manager)).status_code == 201
    for _ in range(2):
        path = f"/calendars/{made['id']}"
        assert (await api.delete(path, headers=province.officer)).status_code == 204
        clock.advance(minutes=1)
    told = (await api.get(path, headers=province.officer)).json()
    assert (told["retired_at"], told["zones"]) == ("2026-07-01T08:00:00Z", 1)
    hall = (await api.get(f"{zones}/hall", headers=province.manager)).json()
    assert hall["requirement"]["calendar"] == made["id"]


async def test_weeks_that_cannot_be_are_refused(api: httpx.AsyncClient, province: Province) -> None:
    hours = {"days": [0], "from": "22:00", "to": "06:00"}
    wrong: list[dict[str, Any]] = [
        {"weekly": []},
        {"weekly": [{**hours, "days": []}]},
        {"weekly": [{**hours, "days": [7]}]},
        {"weekly": [{**hours, "from": "24:00"}]},
        {"weekly": [{**hours, "to": "6:00"}]},
        {"on_holidays": "never"},
        {"name": ""},
    ]
    for own in wrong:
        assert (await add(api, province.officer, **own)).status_code == 422, own
