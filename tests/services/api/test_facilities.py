import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.domain.access import Role
from tests.services.api.conftest import Clock
from tests.support.people import (
    HOA_BINH,
    LOTUS,
    PHUOC_LONG,
    SUNFLOWER,
    Province,
    add_user,
    log_in,
)


async def test_list_shows_only_what_is_in_the_callers_place(
    api: httpx.AsyncClient, province: Province
) -> None:
    seen = {}
    for name in ("admin", "officer", "commune", "manager", "lotus_manager"):
        listed = await api.get("/facilities", headers=getattr(province, name))
        seen[name] = [item["code"] for item in listed.json()["items"]]
    assert seen == {
        "admin": [LOTUS, SUNFLOWER],
        "officer": [LOTUS, SUNFLOWER],
        "commune": [SUNFLOWER],
        "manager": [SUNFLOWER],
        "lotus_manager": [LOTUS],
    }


async def test_registered_facility_takes_defaults_and_is_read_back(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await api.post(
        "/facilities", json={"code": "NEW-01", "name": "Mái ấm"}, headers=province.officer
    )
    assert made.status_code == 201, made.text
    assert made.json() == {
        "code": "NEW-01",
        "name": "Mái ấm",
        "ownership": "non_public",
        "type": "other",
        "cares_for_children": True,
        "admin_unit": "79",
        "address": "",
        "capacity": None,
        "children": 0,
        "latitude": None,
        "longitude": None,
        "time_zone": "Asia/Ho_Chi_Minh",
        "requires_signature": False,
        "status": "undocumented",
        "licence": "none",
        "licence_last_day": None,
        "registered_at": "2026-07-01T08:00:00Z",
        "retired_at": None,
    }
    read = await api.get(made.headers["Location"].removeprefix("/api/v1"), headers=province.officer)
    assert read.json() == made.json()


async def test_foreign_facility_looks_exactly_like_a_missing_one(
    api: httpx.AsyncClient, province: Province
) -> None:
    answers = []
    for code in (LOTUS, "NONE-01"):
        answer = await api.get(f"/facilities/{code}", headers=province.manager)
        answers.append((answer.status_code, answer.json()["code"], answer.json()["detail"]))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


async def test_pages_follow_each_other_without_loss_or_repetition(
    api: httpx.AsyncClient, province: Province
) -> None:
    codes = [f"F-{number:02}" for number in range(7)]
    for code in codes:
        body = {"code": code, "name": code}
        await api.post("/facilities", json=body, headers=province.officer)
    seen: list[str] = []
    address: str | None = "/facilities?limit=4"
    while address is not None:
        page = await api.get(address, headers=province.officer)
        seen += [item["code"] for item in page.json()["items"]]
        link = page.links.get("next")
        address = link["url"].removeprefix("/api/v1") if link else None
    assert seen == [*codes, LOTUS, SUNFLOWER]


async def test_facility_is_registered_only_where_one_may(
    api: httpx.AsyncClient, province: Province
) -> None:
    body = {"code": "NEW-01", "name": "Mái ấm"}
    for who in (province.manager, province.commune, province.inspector):
        assert (await api.post("/facilities", json=body, headers=who)).status_code == 403
    nowhere = await api.post(
        "/facilities", json={**body, "admin_unit": "01"}, headers=province.officer
    )
    assert nowhere.status_code == 404
    placed = await api.post(
        "/facilities", json={**body, "admin_unit": HOA_BINH}, headers=province.officer
    )
    assert placed.json()["admin_unit"] == HOA_BINH
    listed = await api.get("/facilities", headers=province.commune)
    assert [item["code"] for item in listed.json()["items"]] == ["NEW-01", SUNFLOWER]


async def test_change_touches_only_what_is_sent(api: httpx.AsyncClient, province: Province) -> None:
    address = f"/facilities/{SUNFLOWER}"
    before = (await api.get(address, headers=province.officer)).json()
    sent = {"children": 41, "admin_unit": PHUOC_LONG}
    changed = await api.patch(address, json=sent, headers=province.officer)
    assert changed.json() == before | sent
    assert (await api.get(address, headers=province.commune)).status_code == 404
    for who in (province.manager, province.inspector):
        refused = await api.patch(address, json={"name": "x"}, headers=who)
        assert refused.status_code == 403


async def test_only_who_answers_for_a_facility_says_that_it_must_sign(
    api: httpx.AsyncClient, province: Province
) -> None:
    address = f"/facilities/{SUNFLOWER}"
    wanted = {"requires_signature": True}
    for who in ("manager", "inspector", "commune", "caregiver", "leader"):
        refused = await api.patch(address, json=wanted, headers=getattr(province, who))
        assert refused.status_code == 403, who
    foreign = await api.patch(address, json=wanted, headers=province.lotus_manager)
    assert foreign.status_code == 404
    assert not (await api.get(address, headers=province.manager)).json()["requires_signature"]
    for is_required in (True, False):
        asked = {"requires_signature": is_required}
        changed = await api.patch(address, json=asked, headers=province.officer)
        assert changed.json()["requires_signature"] is is_required
        assert (await api.get(address, headers=province.manager)).json() == changed.json()


async def test_retired_facility_stays_readable_and_keeps_its_code(
    api: httpx.AsyncClient, province: Province
) -> None:
    address = f"/facilities/{SUNFLOWER}"
    assert (await api.delete(address, headers=province.manager)).status_code == 403
    assert (await api.delete(address, headers=province.lotus_manager)).status_code == 404
    for _ in range(2):
        assert (await api.delete(address, headers=province.officer)).status_code == 204
    listed = await api.get("/facilities", headers=province.officer)
    assert [item["code"] for item in listed.json()["items"]] == [LOTUS]
    everything = await api.get("/facilities?retired=true", headers=province.officer)
    assert [item["code"] for item in everything.json()["items"]] == [LOTUS, SUNFLOWER]
    assert (await api.get(address, headers=province.officer)).json()["retired_at"]
    body = {"code": SUNFLOWER, "name": "Mới"}
    reused = await api.post("/facilities", json=body, headers=province.officer)
    assert (reused.status_code, reused.json()["code"]) == (409, "code_retired")


async def test_fresh_system_takes_its_first_facility(
    api: httpx.AsyncClient, engine: AsyncEngine, clock: Clock
) -> None:
    async with unit_of_work(engine) as connection:
        admin = await add_user(connection, "admin", Role.SYS_ADMIN, {}, clock.at)
        headers = await log_in(connection, admin, clock.at)
    body = {"code": "F-01", "name": "Mái ấm"}
    assert (await api.post("/facilities", json=body, headers=headers)).status_code == 201
    assert (await api.get("/facilities/F-01", headers=headers)).status_code == 200


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x00", "\n", "\u2028"])
async def test_a_name_holds_nothing_invisible(
    api: httpx.AsyncClient, province: Province, hidden: str
) -> None:
    body = {"code": "NEW-02", "name": f"Mái ấm {hidden}Hoa Sen"}
    answer = await api.post("/facilities", json=body, headers=province.officer)
    assert answer.status_code == 422
    assert f"U+{ord(hidden):04X}" in answer.text
