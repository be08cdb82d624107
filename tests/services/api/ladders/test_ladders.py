from typing import Any

import httpx
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.outbox import address_fault
from tests.services.api.conftest import Clock
from tests.support.people import HOA_BINH, LOTUS, PHUOC_LONG, SUNFLOWER, Headers, Province

#: A Wednesday, 15:00 in Viet Nam.
STEPS = [
    {"role": "FACILITY_MANAGER", "after_s": 300, "repeat_s": 900},
    {"role": "COMMUNE_CPO", "after_s": 600, "hours": "off_hours", "channels": ["sms", "email"]},
    {"role": "DEPT_OFFICER", "after_s": 900, "needs_all": True},
]
LADDER = {"name": "Nights", "facility": SUNFLOWER, "severity": "critical", "steps": STEPS}


async def begin(api: httpx.AsyncClient, who: Headers, **said: Any) -> Any:
    answer = await api.post("/ladders", json=LADDER | said, headers=who)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_ladder_begins_is_read_changed_and_ended(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    made = await begin(api, province.officer)
    assert [step["role"] for step in made["steps"]] == [step["role"] for step in STEPS]
    assert made["steps"][1]["channels"] == ["sms", "email"]
    clock.advance(minutes=10)
    answer = await api.put(
        f"/ladders/{made['id']}", json={"steps": STEPS[:1]}, headers=province.officer
    )
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert changed["id"] != made["id"]
    assert (changed["name"], changed["severity"], len(changed["steps"])) == (
        "Nights",
        "critical",
        1,
    )
    was = (await api.get(f"/ladders/{made['id']}", headers=province.officer)).json()
    assert (len(was["steps"]), was["valid_to"], was["may_change"]) == (
        3, "2026-07-01T08:10:00Z", False,
    )  # fmt: skip
    again = await api.put(f"/ladders/{made['id']}", json={"steps": STEPS}, headers=province.officer)
    assert again.status_code == 409
    gone = await api.delete(f"/ladders/{changed['id']}", headers=province.officer)
    assert gone.status_code == 204
    listed = (await api.get("/ladders", headers=province.officer)).json()["items"]
    assert [one["id"] for one in listed] == [0]


async def test_it_is_listed_for_whom_it_concerns_and_is_not_there_for_others(
    api: httpx.AsyncClient, province: Province
) -> None:
    own = await begin(api, province.officer)
    around = await begin(api, province.officer, facility=None, unit=HOA_BINH)
    foreign = await begin(api, province.officer, facility=LOTUS)
    listed = (await api.get("/ladders", headers=province.manager)).json()["items"]
    assert {one["id"] for one in listed} == {own["id"], around["id"], 0}
    assert not any(one["may_change"] for one in listed)
    path = f"/ladders/{foreign['id']}"
    assert (await api.get(path, headers=province.manager)).status_code == 404
    assert (await api.get("/ladders/999999", headers=province.manager)).status_code == 404
    assert (await api.delete(path, headers=province.manager)).status_code == 404
    assert (await api.delete(f"/ladders/{own['id']}", headers=province.manager)).status_code == 403


async def test_only_within_ones_place_and_everything_only_by_who_is_everywhere(
    api: httpx.AsyncClient, province: Province
) -> None:
    for who, said, status in (
        (province.manager, {}, 403),
        (province.officer, {"facility": None}, 403),
        (province.admin, {"facility": None}, 201),
        (province.officer, {"facility": "NO-SUCH"}, 404),
        (province.officer, {"facility": None, "unit": PHUOC_LONG}, 201),
    ):
        answer = await api.post("/ladders", json=LADDER | said, headers=who)
        assert answer.status_code == status, answer.text
    usual = {"steps": [{"role": "DEPT_OFFICER", "after_s": 60}]}
    assert (await api.put("/ladders/0", json=usual, headers=province.officer)).status_code == 403
    changed = await api.put("/ladders/0", json=usual, headers=province.admin)
    assert [step["role"] for step in changed.json()["steps"]] == ["DEPT_OFFICER"]
    assert (await api.delete("/ladders/0", headers=province.admin)).status_code == 409


async def test_steps_that_make_no_ladder_are_refused_with_the_reason(
    api: httpx.AsyncClient, province: Province
) -> None:
    for steps, code in (
        ([STEPS[2], STEPS[0]], "not_in_order"),
        ([{"role": "MEDIA", "after_s": 60}], "sees_nothing"),
        ([{"role": "COMMUNE_CHAIR", "after_s": 60, "needs_all": True}], "cannot_acknowledge"),
        ([{"role": "COMMUNE_CPO", "after_s": 60, "channels": ["webhook"]}], "no_channel"),
    ):
        answer = await api.post(
            "/ladders", json=LADDER | {"steps": steps}, headers=province.officer
        )
        assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_step_that_finds_nobody_says_where_when_it_is_configured(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    """Phuoc Long has no officer, and the manager of Sunflower takes no mail any more."""
    made = await begin(api, province.admin, facility=None)
    assert [step["nobody_at"] for step in made["steps"]] == [[], [LOTUS], []]
    async with unit_of_work(engine) as connection:
        await connection.execute(
            insert(address_fault).values(
                channel="email", address="manager@giamsat.example",
                since_at=clock.at, reason="550",
            )
        )  # fmt: skip
    seen = (await api.get(f"/ladders/{made['id']}", headers=province.officer)).json()
    assert [step["nobody_at"] for step in seen["steps"]] == [[SUNFLOWER], [LOTUS], []]
    own = (await api.get(f"/ladders/{made['id']}", headers=province.lotus_manager)).json()
    assert [step["nobody_at"] for step in own["steps"]] == [[], [LOTUS], []]


async def test_the_preview_says_who_would_be_told_when(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await begin(api, province.officer)
    asked = {"facility": SUNFLOWER, "severity": "critical"}
    answer = await api.get("/ladders/preview", params=asked, headers=province.officer)
    assert answer.status_code == 200, answer.text
    seen = answer.json()
    assert (seen["ladder"], seen["ladder_name"]) == (made["id"], "Nights")
    assert [(t["role"], t["due_at"], t["how"], t["people"]) for t in seen["turns"]] == [
        ("FACILITY_MANAGER", "2026-07-01T08:05:00Z", "holder", ["Manager"]),
        ("DEPT_OFFICER", "2026-07-01T08:15:00Z", "holder", ["Officer"]),
        # It is 15:00 there: the commune is told when its office shuts.
        ("COMMUNE_CPO", "2026-07-01T10:00:00Z", "holder", ["Commune"]),
    ]
    usual = await api.get(
        "/ladders/preview", params={"facility": SUNFLOWER}, headers=province.manager
    )
    assert usual.json()["ladder"] in {0, None}
    foreign = await api.get(
        "/ladders/preview", params={"facility": LOTUS}, headers=province.manager
    )
    assert foreign.status_code == 404
