from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import reading, unit_of_work
from shared.db.tables.access_log import access_log
from shared.db.tables.units import authority
from shared.domain.conditions import OperatingCondition
from tests.services.api.conftest import Clock
from tests.support.people import HOA_BINH, LOTUS, PHUOC_LONG, SUNFLOWER, Province

TODAY = date(2026, 7, 1)
HOME = f"/facilities/{SUNFLOWER}"


def on(days: int) -> str:
    return str(TODAY + timedelta(days=days))


async def put(api: httpx.AsyncClient, province: Province, **fact: Any) -> httpx.Response:
    return await api.post(f"{HOME}/facts", json=fact, headers=province.officer)


async def established(api: httpx.AsyncClient, province: Province, **licence: Any) -> None:
    """Sunflower, a public one, has papers."""
    made = await put(
        api, province, kind="establishment", effective_on=on(-900), number="12/QĐ-UBND"
    )
    assert made.status_code == 201, made.text
    licence = {"effective_on": on(-800), "number": "GP-01", **licence}
    made = await put(api, province, kind="licence_issued", **licence)
    assert made.status_code == 201, made.text


async def standing(
    api: httpx.AsyncClient, province: Province, as_of: str | None = None
) -> dict[str, Any]:
    answer = await api.get(
        f"{HOME}/standing", params={"as_of": as_of} if as_of else {}, headers=province.officer
    )
    found: dict[str, Any] = answer.json()
    return found


async def test_a_facility_without_papers_says_so_and_what_can_come(
    api: httpx.AsyncClient, province: Province
) -> None:
    told = await standing(api, province)
    assert (told["status"], told["licence_state"], told["conditions"]) == (
        "undocumented", "none", None,
    )  # fmt: skip
    assert "establishment" in told["possible"]
    assert "licence_issued" not in told["possible"]


async def test_papers_are_read_as_of_any_day(api: httpx.AsyncClient, province: Province) -> None:
    await established(api, province, last_day=on(10))
    days = {day: (await standing(api, province, on(day)))["status"] for day in (-901, -850, 0)}
    assert days == {-901: "undocumented", -850: "registered", 0: "licensed"}
    assert (await standing(api, province, on(10)))["status"] == "licensed"
    expired = await standing(api, province, on(11))
    assert (expired["status"], expired["licence_state"]) == ("registered", "expired")
    listed = await api.get("/facilities", params={"as_of": on(-850)}, headers=province.officer)
    states = {item["code"]: item["status"] for item in listed.json()["items"]}
    assert states == {SUNFLOWER: "registered"}  # Lotus was not on record then


async def test_a_licence_before_the_registration_is_refused_with_what_is_possible(
    api: httpx.AsyncClient, province: Province
) -> None:
    refused = await put(api, province, kind="licence_issued", effective_on=on(-5), number="GP-01")
    assert (refused.status_code, refused.json()["code"]) == (409, "impossible_fact")
    assert "establishment" in refused.json()["detail"]
    assert (await api.get(f"{HOME}/facts", headers=province.officer)).json() == []


async def test_a_late_entry_that_contradicts_later_ones_is_refused(
    api: httpx.AsyncClient, province: Province
) -> None:
    await established(api, province)
    ordered = await put(
        api, province, kind="remedy_ordered", effective_on=on(-20), number="QĐ-7", due_on=on(9)
    )
    assert ordered.status_code == 201
    refused = await put(api, province, kind="dissolved", effective_on=on(-100), number="QĐ-GT")
    assert refused.status_code == 409
    assert "contradict" in refused.json()["detail"]
    assert (await standing(api, province))["status"] == "conditional"


async def test_a_late_entry_falls_into_its_day(api: httpx.AsyncClient, province: Province) -> None:
    await established(api, province)
    for kind, day in (("suspension_lifted", -10),):
        refused = await put(api, province, kind=kind, effective_on=on(day), number="QĐ-2")
        assert refused.status_code == 409
    suspended = {"number": "QĐ-1", "due_on": on(-12), "children_to_move": 40}
    made = await put(api, province, kind="suspended", effective_on=on(-15), **suspended)
    assert made.status_code == 201
    made = await put(api, province, kind="suspension_lifted", effective_on=on(-10), number="QĐ-2")
    assert made.status_code == 201
    days = [(await standing(api, province, on(day)))["status"] for day in (-16, -15, -11, -10)]
    assert days == ["licensed", "suspended", "suspended", "licensed"]


@pytest.mark.parametrize("missing", ["number", "due_on", "children_to_move"])
async def test_a_suspension_needs_a_plan_for_the_children(
    api: httpx.AsyncClient, province: Province, missing: str
) -> None:
    await established(api, province)
    whole = {"number": "QĐ-1", "due_on": on(7), "children_to_move": 40}
    del whole[missing]
    refused = await put(api, province, kind="suspended", effective_on=on(0), **whole)
    assert refused.status_code == 422
    assert missing in refused.text


async def test_the_first_paper_must_be_that_of_the_ownership(
    api: httpx.AsyncClient, province: Province
) -> None:
    refused = await put(api, province, kind="registration", effective_on=on(-5), number="GCN-1")
    assert refused.status_code == 422
    assert "decision of establishment" in refused.json()["detail"]


async def test_what_was_entered_by_mistake_is_withdrawn_and_stays_on_record(
    api: httpx.AsyncClient, province: Province
) -> None:
    await established(api, province)
    facts = (await api.get(f"{HOME}/facts", headers=province.officer)).json()
    registration, licence = facts[1]["id"], facts[0]["id"]
    because = {"because": "số sai"}
    refused = await api.post(
        f"{HOME}/facts/{registration}/withdraw", json=because, headers=province.officer
    )
    assert refused.status_code == 409  # the licence stands on it
    done = await api.post(
        f"{HOME}/facts/{licence}/withdraw", json=because, headers=province.officer
    )
    assert (done.status_code, done.json()["withdrawn_because"]) == (200, "số sai")
    assert (await standing(api, province))["status"] == "registered"
    assert len((await api.get(f"{HOME}/facts", headers=province.officer)).json()) == 2


async def test_only_the_authority_decides(api: httpx.AsyncClient, province: Province) -> None:
    fact = {"kind": "establishment", "effective_on": on(-5), "number": "1"}
    answers = {
        name: (
            await api.post(f"{HOME}/facts", json=fact, headers=getattr(province, name))
        ).status_code
        for name in ("manager", "commune", "inspector", "admin", "lotus_manager")
    }
    assert answers == {
        "manager": 403, "commune": 403, "inspector": 403, "admin": 403, "lotus_manager": 404,
    }  # fmt: skip


async def test_an_authority_must_have_existed_on_the_day(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            authority.insert().values(
                code="PLDTBXH", name="Phòng Lao động", kind="licensing",
                valid_from=date(2010, 1, 1), valid_to=date(2025, 3, 1),
            )
        )  # fmt: skip
    paper = {"kind": "establishment", "number": "1", "authority": "PLDTBXH"}
    refused = await put(api, province, **paper, effective_on="2025-03-01")
    assert (refused.status_code, "no authority" in refused.json()["detail"]) == (422, True)
    made = await put(api, province, **paper, effective_on="2025-02-28")
    assert made.json()["authority_name"] == "Phòng Lao động"


async def test_a_request_says_by_when_it_had_to_be_answered(
    api: httpx.AsyncClient, province: Province
) -> None:
    await established(api, province, applied_on="2026-04-20")
    licence = (await api.get(f"{HOME}/facts", headers=province.officer)).json()[0]
    assert licence["answer_due_on"] == "2026-05-14"  # 15 working days, 26/4 to 1/5 apart


async def test_conditions_are_told_by_the_last_check_of_the_day(
    api: httpx.AsyncClient, province: Province
) -> None:
    all_met = [{"condition": one, "finding": "met"} for one in OperatingCondition]
    bad = [{"condition": "fire_safety", "finding": "not_met", "note": "bình chữa cháy hết hạn"}]
    for day, results in ((-30, bad), (-3, all_met)):
        made = await api.post(
            f"{HOME}/condition-checks",
            json={"checked_on": on(day), "results": results},
            headers=province.officer,
        )
        assert made.status_code == 201, made.text
    assert (await standing(api, province))["conditions"] == "meets"
    assert (await standing(api, province, on(-4)))["conditions"] == "does_not_meet"
    assert (await standing(api, province, on(-31)))["conditions"] is None


async def test_a_check_of_tomorrow_is_refused(api: httpx.AsyncClient, province: Province) -> None:
    check = {"checked_on": on(1), "results": [{"condition": "accessible", "finding": "met"}]}
    refused = await api.post(f"{HOME}/condition-checks", json=check, headers=province.officer)
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("left", "urgency"),
    [(90, "within_90_days"), (45, "within_45_days"), (21, "within_21_days"), (0, "expired")],
)
async def test_licences_that_end_are_warned_of(
    api: httpx.AsyncClient, province: Province, left: int, urgency: str
) -> None:
    await established(api, province, last_day=on(left - 1))
    listed = await api.get("/licences/expiring", headers=province.officer)
    assert [
        (item["facility"], item["urgency"], item["days_left"]) for item in listed.json()["items"]
    ] == [(SUNFLOWER, urgency, left)]
    foreign = await api.get("/licences/expiring", headers=province.lotus_manager)
    assert foreign.json()["items"] == []


async def test_a_licence_far_from_its_end_warns_nobody(
    api: httpx.AsyncClient, province: Province
) -> None:
    await established(api, province, last_day=on(90))
    listed = await api.get("/licences/expiring", headers=province.officer)
    assert listed.json()["items"] == []
    found = await api.get("/facilities", params={"licence": "valid"}, headers=province.officer)
    assert [item["code"] for item in found.json()["items"]] == [SUNFLOWER]


async def test_a_commune_officer_puts_on_record_what_nobody_registered(
    api: httpx.AsyncClient, province: Province
) -> None:
    found = {"name": "Mái ấm Đức Tin", "how": "Người dân báo", "source": "citizen",
             "admin_unit": HOA_BINH, "children": 9}  # fmt: skip
    made = await api.post("/discoveries", json=found, headers=province.commune)
    assert made.status_code == 201, made.text
    home = made.json()
    assert (home["code"], home["status"], home["admin_unit"]) == (
        "mai-am-duc-tin", "discovered_unregistered", HOA_BINH,
    )  # fmt: skip
    again = await api.post("/discoveries", json=found, headers=province.commune)
    assert again.json()["code"] == "mai-am-duc-tin-2"
    facts = await api.get("/facilities/mai-am-duc-tin/facts", headers=province.commune)
    assert [(one["kind"], one["note"]) for one in facts.json()] == [("discovered", "Người dân báo")]


async def test_a_commune_officer_discovers_nothing_in_another_commune(
    api: httpx.AsyncClient, province: Province
) -> None:
    found = {"name": "Nhà lạ", "how": "Đi ngang qua", "admin_unit": PHUOC_LONG}
    refused = await api.post("/discoveries", json=found, headers=province.commune)
    assert refused.status_code == 404
    for name in ("manager", "caregiver", "leader"):
        answer = await api.post("/discoveries", json=found, headers=getattr(province, name))
        assert answer.status_code == 403


async def test_every_change_is_on_record_without_names(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    await established(api, province)
    async with reading(engine) as connection:
        rows = await connection.execute(
            select(access_log.c.actor, access_log.c.verb, access_log.c.key, access_log.c.detail)
            .where(access_log.c.subject == "licence")
            .order_by(access_log.c.n)
        )
        told = [tuple(row) for row in rows]
    officer = f"user:{province.user_ids['officer']}"
    assert told == [
        (officer, "create", SUNFLOWER, '{"kind": "establishment"}'),
        (officer, "create", SUNFLOWER, '{"kind": "licence_issued"}'),
    ]


async def test_filters_find_facilities_by_law_words_and_unit(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    await established(api, province, last_day=on(30))
    wanted = {
        "status=licensed": [SUNFLOWER],
        "status=undocumented": [LOTUS],
        "licence=expiring": [SUNFLOWER],
        "licence=none": [LOTUS],
        "ownership=public": [LOTUS, SUNFLOWER],
        f"admin_unit={PHUOC_LONG}": [LOTUS],
        "admin_unit=79": [LOTUS, SUNFLOWER],
        "q=facility sun": [SUNFLOWER],
        "q=unit 79002": [LOTUS],
        "q=nothing": [],
        "q=!!": [],
    }
    found = {}
    for query in wanted:
        answer = await api.get(f"/facilities?{query}", headers=province.officer)
        found[query] = [item["code"] for item in answer.json()["items"]]
    assert found == wanted
