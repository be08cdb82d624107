from datetime import UTC, date, datetime
from typing import Any

import httpx
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.requirements import holiday
from tests.support.people import Province

BEFORE = datetime(2026, 6, 1, tzinfo=UTC)

SWAP = {
    "day": "2026-12-31",
    "kind": "off",
    "name": "Nghỉ thay cho 26/12",
    "source": "Thông báo 1/TB-CP",
}


async def of_2026(api: httpx.AsyncClient, who: dict[str, str]) -> dict[str, Any]:
    told = (await api.get("/holidays", params={"year": 2026}, headers=who)).json()
    return {one["day"]: one for one in told["holidays"]}


async def test_a_year_has_its_holidays_of_sun_and_moon(
    api: httpx.AsyncClient, province: Province
) -> None:
    known = await of_2026(api, province.caregiver)
    assert known["2026-02-17"]["name"] == "Tết Nguyên Đán"
    assert known["2026-04-26"]["name"] == "Ngày Giỗ Tổ Hùng Vương"
    assert [day for day, one in known.items() if not one["is_verified"]] == ["2026-11-24"]
    assert list(known) == sorted(known)


async def test_a_decision_adds_a_day_and_takes_one_back(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await api.post("/holidays", json=SWAP, headers=province.officer)
    assert made.status_code == 201
    worked = {**SWAP, "day": "2026-11-24", "kind": "work"}
    await api.post("/holidays", json=worked, headers=province.admin)
    known = await of_2026(api, province.caregiver)
    assert (known["2026-12-31"]["is_off"], known["2026-12-31"]["name"]) == (True, SWAP["name"])
    assert known["2026-12-31"]["decision"] == made.json()
    assert (known["2026-11-24"]["is_off"], known["2026-11-24"]["is_verified"]) == (False, True)
    again = await api.post("/holidays", json=SWAP, headers=province.officer)
    assert (again.status_code, again.json()["code"]) == (409, "holiday_decided")


async def test_a_decision_is_withdrawn_before_its_day(
    api: httpx.AsyncClient, province: Province
) -> None:
    path = (await api.post("/holidays", json=SWAP, headers=province.officer)).headers["Location"]
    path = path.removeprefix("/api/v1")
    assert (await api.delete(path, headers=province.manager)).status_code == 403
    assert (await api.delete(path, headers=province.officer)).status_code == 204
    assert (await api.delete(path, headers=province.officer)).status_code == 404
    assert "2026-12-31" not in await of_2026(api, province.manager)


async def test_a_decision_about_a_day_that_has_begun_stands(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    today = {"day": date(2026, 7, 1), "kind": "off", "name": "Lễ", "source": "x"}
    async with unit_of_work(engine) as connection:
        await connection.execute(insert(holiday).values(**today, recorded_at=BEFORE))
    told = await of_2026(api, province.officer)
    number = told["2026-07-01"]["decision"]["id"]
    begun = await api.delete(f"/holidays/{number}", headers=province.officer)
    assert (begun.status_code, begun.json()["code"]) == (409, "day_begun")


async def test_what_has_begun_stays_as_it_was(api: httpx.AsyncClient, province: Province) -> None:
    for day in ("2026-07-01", "2026-06-30", "2020-01-01"):
        sent = {**SWAP, "day": day}
        refused = await api.post("/holidays", json=sent, headers=province.officer)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.day")


async def test_only_those_decide_who_say_who_is_told(
    api: httpx.AsyncClient, province: Province
) -> None:
    for who in (province.manager, province.caregiver, province.inspector):
        assert (await api.post("/holidays", json=SWAP, headers=who)).status_code == 403
