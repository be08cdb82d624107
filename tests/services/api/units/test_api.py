from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.units.importing.bringing_in import bring_in
from shared.data.units import shipped
from shared.db.session import unit_of_work
from shared.domain.access import Scope
from tests.support.people import HOA_BINH, LOTUS, PHUOC_LONG, PROVINCE, SUNFLOWER, Province

CUT = "2026-08-01"
#: Hòa Bình becomes two, Phước Long is renamed.
UNITS = f"""code,name,kind,parent,valid_from,valid_to
{HOA_BINH},Unit {HOA_BINH},commune,{PROVINCE},2025-07-01,{CUT}
{PHUOC_LONG},Unit {PHUOC_LONG},commune,{PROVINCE},2025-07-01,{CUT}
79101,Hòa Bình Đông,commune,{PROVINCE},{CUT},
79102,Hòa Bình Tây,commune,{PROVINCE},{CUT},
79103,Phước Long Mới,commune,{PROVINCE},{CUT},
"""
SUCCESSIONS = f"""from,to,kind,effective_on,legal_basis
{HOA_BINH},79101,split,{CUT},Law
{HOA_BINH},79102,split,{CUT},Law
{PHUOC_LONG},79103,rename,{CUT},Law
"""


async def send(
    api: httpx.AsyncClient, who: dict[str, str], *, dry_run: bool = False, **sheets: str
) -> httpx.Response:
    files = [("file", (f"{name}.csv", text.encode())) for name, text in sheets.items()]
    return await api.post(f"/units/imports?dry_run={dry_run}", files=files, headers=who)


async def reorganise(api: httpx.AsyncClient, province: Province) -> None:
    answer = await send(api, province.officer, units=UNITS, successions=SUCCESSIONS)
    assert answer.status_code == 200, answer.text


async def wait(engine: AsyncEngine, clock: Any, days: int) -> None:
    """Everybody stays logged in meanwhile."""
    clock.advance(days=days)
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text("UPDATE session SET last_seen_at = :at, expires_at = :until"),
            {"at": clock.at, "until": clock.at + timedelta(hours=1)},
        )


async def got(api: httpx.AsyncClient, who: dict[str, str], path: str, **query: Any) -> Any:
    answer = await api.get(path, params=query, headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def codes(api: httpx.AsyncClient, who: dict[str, str], path: str, **query: Any) -> list[str]:
    return [one["code"] for one in (await got(api, who, path, **query))["items"]]


async def test_units_are_listed_as_of_a_day(api: httpx.AsyncClient, province: Province) -> None:
    await reorganise(api, province)
    who = province.commune
    assert await codes(api, who, "/units") == [PROVINCE, HOA_BINH, PHUOC_LONG]
    later = await codes(api, who, "/units", as_of=CUT, level="commune")
    assert later == ["79101", "79102", "79103"]
    assert await codes(api, who, "/units", as_of="2020-01-01") == []
    assert await codes(api, who, "/units", q="phuoc long", as_of=CUT) == ["79103"]


async def test_a_list_goes_on_where_the_page_before_ended(
    api: httpx.AsyncClient, province: Province
) -> None:
    first = await got(api, province.officer, "/units", limit=2)
    second = await got(api, province.officer, "/units", limit=2, cursor=first["next"])
    assert [one["code"] for one in first["items"] + second["items"]] == [
        PROVINCE, HOA_BINH, PHUOC_LONG,
    ]  # fmt: skip
    assert second["next"] is None


async def test_a_unit_tells_what_it_follows_and_what_follows_it(
    api: httpx.AsyncClient, province: Province
) -> None:
    await reorganise(api, province)
    old = await got(api, province.officer, f"/units/{HOA_BINH}")
    assert [one["code"] for one in old["successors"]] == ["79101", "79102"]
    assert [one["code"] for one in old["path"]] == [HOA_BINH, PROVINCE]
    new = await got(api, province.officer, "/units/79103", as_of=CUT)
    assert [(one["code"], one["legal_basis"]) for one in new["predecessors"]] == [
        (PHUOC_LONG, "Law")
    ]
    before_it_begins = await api.get("/units/79103", headers=province.officer)
    assert before_it_begins.status_code == 404


async def test_facilities_are_counted_only_as_far_as_they_are_the_callers(
    api: httpx.AsyncClient, province: Province
) -> None:
    async def counted(who: dict[str, str]) -> dict[str, int]:
        items = (await got(api, who, "/units"))["items"]
        return {one["code"]: one["facilities"] for one in items}

    assert await counted(province.officer) == {PROVINCE: 2, HOA_BINH: 1, PHUOC_LONG: 1}
    assert await counted(province.commune) == {PROVINCE: 1, HOA_BINH: 1, PHUOC_LONG: 0}
    assert await codes(api, province.commune, f"/units/{PHUOC_LONG}/facilities") == []
    assert await codes(api, province.officer, f"/units/{PHUOC_LONG}/facilities") == [LOTUS]


async def test_a_commune_without_an_officer_is_found(
    api: httpx.AsyncClient, province: Province
) -> None:
    assert await codes(api, province.officer, "/units", officer="vacant") == [PHUOC_LONG]
    items = (await got(api, province.officer, "/units"))["items"]
    assert {one["code"]: one["officers"] for one in items} == {
        PROVINCE: None, HOA_BINH: 1, PHUOC_LONG: 0,
    }  # fmt: skip
    # Who may not know the people of a commune is not told that it has none.
    assert await codes(api, province.leader, "/units", officer="vacant") == []
    elsewhere = (await got(api, province.commune, "/units"))["items"]
    assert {one["code"]: one["officers"] for one in elsewhere}[PHUOC_LONG] is None


async def test_who_is_in_post_is_told_to_who_may_know_and_goes_on_record(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    answer = await got(api, province.officer, f"/units/{HOA_BINH}/officers")
    assert [(one["name"], one["role"]) for one in answer["items"]] == [("Commune", "COMMUNE_CPO")]
    refused = await api.get(f"/units/{PHUOC_LONG}/officers", headers=province.commune)
    assert refused.status_code == 403
    async with unit_of_work(engine) as connection:
        found = await connection.execute(
            text("SELECT verb, subject, key FROM access_log ORDER BY n DESC LIMIT 1")
        )
    assert tuple(found.one()) == ("list", "person", HOA_BINH)


async def test_a_dry_run_names_every_fault_and_writes_nothing(
    api: httpx.AsyncClient, province: Province
) -> None:
    faulty = UNITS + f"79104,Một,town hall,{PROVINCE},2026-13-01,\n79105,,commune,80,{CUT},\n"
    answer = await send(api, province.officer, dry_run=True, units=faulty)
    body = answer.json()
    assert answer.status_code == 200
    assert not body["is_written"]
    assert [(f["line"], f["column"]) for f in body["faults"]] == [
        (7, "kind"), (7, "valid_from"), (8, "name"),
    ]  # fmt: skip
    assert all(fault["advice"] for fault in body["faults"])
    refused = await send(api, province.officer, units=faulty)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "units.csv:7 kind"
    assert await codes(api, province.officer, "/units", as_of=CUT) == [
        PROVINCE, HOA_BINH, PHUOC_LONG,
    ]  # fmt: skip


async def test_bringing_the_same_in_again_changes_nothing(
    api: httpx.AsyncClient, province: Province
) -> None:
    await reorganise(api, province)
    again = await send(api, province.officer, units=UNITS, successions=SUCCESSIONS)
    assert {(s["added"], s["changed"]) for s in again.json()["sheets"]} == {(0, 0)}


async def test_what_has_ended_is_not_rewritten(
    api: httpx.AsyncClient, province: Province, clock: Any, engine: AsyncEngine
) -> None:
    await reorganise(api, province)
    await wait(engine, clock, 60)
    reopened = UNITS.replace(f"2025-07-01,{CUT}", "2025-07-01,2027-01-01")
    answer = await send(api, province.officer, dry_run=True, units=reopened)
    assert "valid_to" in {fault["column"] for fault in answer.json()["faults"]}


@pytest.mark.parametrize("who", ["commune", "manager", "inspector", "leader"])
async def test_who_does_not_administer_units_brings_nothing_in(
    api: httpx.AsyncClient, province: Province, who: str
) -> None:
    for dry_run in (True, False):
        answer = await send(api, getattr(province, who), dry_run=dry_run, units=UNITS)
        assert answer.status_code == 403


async def test_a_department_changes_no_province_and_nothing_of_another(
    api: httpx.AsyncClient, province: Province
) -> None:
    foreign = (
        "code,name,kind,parent,valid_from,valid_to\n"
        "80,Khác,province,,2025-07-01,\n80001,Xã,commune,80,2025-07-01,\n"
    )
    assert (await send(api, province.officer, units=foreign)).status_code == 422
    assert (await send(api, province.admin, units=foreign)).status_code == 200
    more = "code,name,kind,parent,valid_from\n80002,Xã,commune,80,2025-07-01\n"
    assert (await send(api, province.officer, units=more)).status_code == 422
    own = (
        "code,name,kind,parent,valid_from,valid_to\n"
        f"{PROVINCE},Unit {PROVINCE},province,,2025-07-01,2027-01-01\n"
    )
    assert (await send(api, province.officer, units=own)).status_code == 422


async def test_the_day_comes_and_a_split_waits_for_a_choice(
    api: httpx.AsyncClient, province: Province, clock: Any, engine: AsyncEngine
) -> None:
    await reorganise(api, province)
    who = province.officer
    early = await api.post(f"/units/reorganisations/{CUT}/cut-over", headers=who)
    assert (early.status_code, early.json()["code"]) == (409, "not_yet")
    await wait(engine, clock, 40)
    done = await api.post(f"/units/reorganisations/{CUT}/cut-over", headers=who)
    assert done.json() == {
        "effective_on": CUT, "ended": 2, "begun": 3, "moved": 1, "waiting": 1,
    }  # fmt: skip
    waiting = (await got(api, who, "/units/reorganisations/unassigned"))["items"]
    assert [(one["facility"], one["candidates"]) for one in waiting] == [
        (SUNFLOWER, ["79101", "79102"])
    ]
    wrong = {"facility": SUNFLOWER, "admin_unit": "79103", "legal_basis": "Decision"}
    path = f"/units/reorganisations/{CUT}/assignments"
    assert (await api.post(path, json=wrong, headers=who)).status_code == 409
    chosen = await api.post(path, json=wrong | {"admin_unit": "79102"}, headers=who)
    assert (chosen.status_code, chosen.json()["waiting"]) == (200, 0)
    assert (await got(api, who, f"/facilities/{SUNFLOWER}"))["admin_unit"] == "79102"


async def test_of_another_province_nobody_hears_who_is_unplaced(
    api: httpx.AsyncClient, province: Province, clock: Any, engine: AsyncEngine
) -> None:
    await reorganise(api, province)
    await wait(engine, clock, 40)
    await api.post(f"/units/reorganisations/{CUT}/cut-over", headers=province.admin)
    path = "/units/reorganisations/unassigned"
    assert (await got(api, province.lotus_manager, path))["items"] == []
    body = {"facility": SUNFLOWER, "admin_unit": "79101", "legal_basis": "Decision"}
    for who in (province.lotus_manager, province.manager):
        answer = await api.post(f"/units/reorganisations/{CUT}/assignments", json=body, headers=who)
        assert answer.status_code == 403


async def test_a_facility_moved_by_hand_is_told_to_alerts(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    answer = await api.patch(
        f"/facilities/{SUNFLOWER}", json={"admin_unit": PHUOC_LONG}, headers=province.officer
    )
    assert answer.status_code == 200
    async with unit_of_work(engine) as connection:
        rows = (
            await connection.execute(
                text(
                    'SELECT a.code, b.code, r."by", r.effective_on FROM jurisdiction_reassigned r '
                    "JOIN admin_unit a ON a.id = r.from_unit_id "
                    "JOIN admin_unit b ON b.id = r.to_unit_id"
                )
            )
        ).all()
    ((before, after, by, day),) = rows
    assert (before, after, by) == (HOA_BINH, PHUOC_LONG, f"user:{province.user_ids['officer']}")
    assert day.isoformat() == "2026-07-01"


async def test_a_facility_of_2024_lies_where_it_lay_then_and_where_it_lies_now(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Any
) -> None:
    """The letters' own district: xã Hà Mòn, huyện Đăk Hà, tỉnh Kon Tum."""
    async with unit_of_work(engine) as connection:
        outcome = await bring_in(
            connection, shipped(), Scope(is_everywhere=True), by="system", now=clock.at
        )
        assert outcome.faults == []
        await connection.execute(
            text(
                "INSERT INTO facility (code, name, ownership, admin_unit_id, time_zone, children, "
                "registered_at) SELECT 'VS-1', 'Mái ấm', 'non_public', id, 'Asia/Ho_Chi_Minh', 9, "
                ":at FROM admin_unit WHERE code = '62-dak-ha-ha-mon'"
            ),
            {"at": datetime(2024, 3, 1, tzinfo=UTC)},
        )
    await api.post("/units/reorganisations/2025-07-01/cut-over", headers=province.admin)

    async def path_of(**query: str) -> list[str]:
        facility = await got(api, province.admin, "/facilities/VS-1", **query)
        unit = await got(api, province.admin, f"/units/{facility['admin_unit']}", **query)
        return [place["name"] for place in unit["path"]]

    assert await path_of(as_of="2024-10-30") == ["xã Hà Mòn", "huyện Đăk Hà", "Kon Tum"]
    assert await path_of(as_of="2025-06-30") == ["xã Hà Mòn", "huyện Đăk Hà", "Kon Tum"]
    assert await path_of(as_of="2025-07-01") == ["xã Đăk Hà", "Quảng Ngãi"]
    assert await path_of() == ["xã Đăk Hà", "Quảng Ngãi"]

    async def licenser(day: str, code: str) -> list[str]:
        unit = await got(api, province.admin, f"/units/{code}", as_of=day)
        found = {one["subject_matter"]: one["authorities"] for one in unit["competent"]}
        return list(found["license_facility"])

    district = "huyện Đăk Hà"
    assert await licenser("2025-02-28", "62-dak-ha-ha-mon") == [
        f"Phòng Lao động - Thương binh và Xã hội {district}"
    ]
    assert await licenser("2025-03-01", "62-dak-ha-ha-mon") == [f"Phòng Y tế {district}"]
    assert await licenser("2026-06-01", "51-dak-ha") == ["Sở Y tế tỉnh Quảng Ngãi"]


async def test_authorities_and_competences_are_listed_as_of_a_day(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Any
) -> None:
    async with unit_of_work(engine) as connection:
        await bring_in(connection, shipped(), Scope(is_everywhere=True), by="x", now=clock.at)
    who = province.officer
    before = await codes(api, who, "/authorities", unit="62", as_of="2025-02-28", kind="labour")
    after = await codes(api, who, "/authorities", unit="62", as_of="2025-03-01", kind="labour")
    assert (before, after) == (["sldtbxh-62"], [])
    one = await got(api, who, "/authorities/sldtbxh-62")
    assert (one["successor"], one["valid_to"]) == ("syt-62", "2025-03-01")
    ending = (await got(api, who, "/competences", review_before="2027-03-02"))["items"]
    assert {(o["authority"], o["subject_matter"], o["review_on"]) for o in ending} == {
        ("syt-51", "register_facility", "2026-12-01"),
        ("syt-51", "license_facility", "2026-12-01"),
    }
    first = await got(api, who, "/competences", limit=100)
    second = await got(api, who, "/competences", limit=100, cursor=first["next"])
    ids = [one["id"] for one in first["items"] + second["items"]]
    assert ids == sorted(set(ids))
