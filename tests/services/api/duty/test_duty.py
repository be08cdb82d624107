from typing import Any

import httpx

from tests.services.api.conftest import Clock
from tests.support.people import HOA_BINH, LOTUS, PROVINCE, SUNFLOWER, Headers, Province

TONIGHT = {
    "facility": SUNFLOWER, "role": "FACILITY_MANAGER",
    "starts_at": "2026-07-01T08:10:00Z", "ends_at": "2026-07-02T00:30:00Z",
}  # fmt: skip


async def add(api: httpx.AsyncClient, who: Headers, person: int, **said: Any) -> httpx.Response:
    return await api.post("/duty/shifts", json=TONIGHT | {"person": person} | said, headers=who)


async def test_a_shift_stands_in_the_rota_and_decides_who_is_told(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    manager = province.user_ids["manager"]
    made = (await add(api, province.manager, manager)).json()
    assert (made["name"], made["holds_role"], made["may_cancel"]) == ("Manager", True, True)
    listed = await api.get("/duty", params={"facility": SUNFLOWER}, headers=province.caregiver)
    assert [one["id"] for one in listed.json()["items"]] == [made["id"]]
    clock.advance(minutes=20)
    seen = await api.get(
        "/ladders/preview", params={"facility": SUNFLOWER}, headers=province.manager
    )
    assert seen.json()["turns"][0]["how"] == "on_duty"
    gone = await api.delete(f"/duty/shifts/{made['id']}", headers=province.manager)
    assert gone.status_code == 204
    again = await api.delete(f"/duty/shifts/{made['id']}", headers=province.manager)
    assert again.status_code == 409
    assert (await api.get("/duty", headers=province.manager)).json()["items"] == []


async def test_a_series_is_all_its_nights_or_none(
    api: httpx.AsyncClient, province: Province
) -> None:
    series = {
        "unit": PROVINCE, "role": "DEPT_OFFICER", "person": province.user_ids["officer"],
        "first_on": "2026-07-01", "last_on": "2026-07-14", "weekdays": [2, 4],
        "begins": "17:00", "ends": "07:30",
    }  # fmt: skip
    made = await api.post("/duty/series", json=series, headers=province.officer)
    assert [one["starts_at"] for one in made.json()["shifts"]] == [
        "2026-07-01T10:00:00Z", "2026-07-03T10:00:00Z",
        "2026-07-08T10:00:00Z", "2026-07-10T10:00:00Z",
    ]  # fmt: skip
    twice = await api.post("/duty/series", json=series, headers=province.officer)
    assert (twice.status_code, twice.json()["code"]) == (409, "already_on_duty")
    far = series | {"last_on": "2026-12-01"}
    assert (await api.post("/duty/series", json=far, headers=province.officer)).status_code == 422
    listed = await api.get("/duty", params={"unit": PROVINCE}, headers=province.officer)
    assert len(listed.json()["items"]) == 2


async def test_only_who_holds_the_role_there_is_put_on_duty(
    api: httpx.AsyncClient, province: Province
) -> None:
    for who, person, said, status in (
        (province.manager, "caregiver", {}, 422),
        (province.manager, "lotus_manager", {}, 422),
        (province.manager, "caregiver", {"role": "CAREGIVER"}, 201),
        (province.manager, "lotus_manager", {"facility": LOTUS}, 404),
        (province.caregiver, "caregiver", {"role": "CAREGIVER"}, 403),
        (province.manager, "commune", {"facility": None, "unit": HOA_BINH}, 403),
        (province.officer, "commune",
         {"facility": None, "unit": HOA_BINH, "role": "COMMUNE_CPO"}, 201),
        (province.manager, "manager", {"ends_at": "2026-07-05T00:00:00Z"}, 422),
        (province.manager, "manager", {"ends_at": "2026-07-01T08:10:00Z"}, 422),
    ):  # fmt: skip
        answer = await add(api, who, province.user_ids[person], **said)
        assert answer.status_code == status, (person, said, answer.text)


async def test_the_rota_of_another_place_is_not_there(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = (await add(api, province.officer, province.user_ids["manager"])).json()
    path = f"/duty/shifts/{made['id']}"
    assert (await api.delete(path, headers=province.lotus_manager)).status_code == 404
    assert (await api.get("/duty", headers=province.lotus_manager)).json()["items"] == []
    asked = await api.get("/duty", params={"facility": SUNFLOWER}, headers=province.lotus_manager)
    assert asked.status_code == 404
    assert (await api.delete(path, headers=province.caregiver)).status_code == 403


async def test_who_can_be_put_on_duty_is_who_holds_a_role_there(
    api: httpx.AsyncClient, province: Province
) -> None:
    answer = await api.get(
        "/duty/assignees", params={"facility": SUNFLOWER}, headers=province.manager
    )
    found = {(one["role"], one["name"]) for one in answer.json()}
    assert {("FACILITY_MANAGER", "Manager"), ("CAREGIVER", "Caregiver")} <= found
    assert ("FACILITY_MANAGER", "Lotus_Manager") not in found
    both = {"facility": SUNFLOWER, "unit": HOA_BINH}
    refused = await api.get("/duty/assignees", params=both, headers=province.manager)
    assert refused.status_code == 422
