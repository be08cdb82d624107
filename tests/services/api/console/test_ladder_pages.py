from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import SYSTEM, unit_of_work
from tests.services.api.console.conftest import LogIn, Reader
from tests.support import town

STEPS = {
    "role_1": "FACILITY_MANAGER", "after_1": "5", "hours_1": "any", "channels_1": "sms,email",
    "repeat_1": "10", "role_3": "DEPT_OFFICER", "after_3": "7.5", "needs_all_3": "on",
}  # fmt: skip
LADDER = {"name": "Ban đêm", "place": "facility:HOA-SEN", "severity": "critical", **STEPS}


async def number_of(engine: AsyncEngine, table: str) -> int:
    async with unit_of_work(engine, SYSTEM) as connection:
        found = await connection.scalar(text(f"SELECT max(id) FROM {table}"))  # noqa: S608 - ours
    return int(found or 0)


async def test_a_ladder_is_begun_changed_and_ended_on_its_pages(
    admin: Reader, engine: AsyncEngine
) -> None:
    begun = await admin.post("/ladders", data=LADDER)
    assert begun.status_code == 303, begun.text
    number = await number_of(engine, "ladder")
    shown = (await admin.get(f"/ladders/{number}")).text
    assert 'value="7.5"' in shown
    assert 'value="Ban đêm"' in shown
    changed = await admin.post(f"/ladders/{number}", data={**STEPS, "after_3": "20"})
    assert changed.headers["location"] == "/ladders"
    listed = (await admin.get("/ladders")).text
    assert "Ban đêm" in listed
    newer = await number_of(engine, "ladder")
    assert newer == number + 1
    assert (await admin.post(f"/ladders/{newer}/end")).status_code == 303
    assert "Ban đêm" not in (await admin.get("/ladders")).text


async def test_what_makes_no_ladder_comes_back_with_what_was_typed(admin: Reader) -> None:
    refused = await admin.post("/ladders", data={**LADDER, "after_1": "60"})
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert 'value="60"' in refused.text
    empty = await admin.post("/ladders", data={"name": "Không", "place": ""})
    assert empty.status_code == 422
    word = await admin.post("/ladders", data={**LADDER, "after_1": "soon"})
    assert word.status_code == 422


async def test_the_page_says_in_red_where_a_step_finds_nobody(admin: Reader) -> None:
    steps = {"role_1": "COMMUNE_CHAIR", "after_1": "5"}
    await admin.post("/ladders", data={"name": "Chủ tịch", "place": "", **steps})
    page = (await admin.get("/ladders")).text
    assert 'class="state bad"' in page
    assert "/facilities/HOA-SEN" in page
    seen = (await admin.get("/ladders?facility=HOA-SEN&severity=critical")).text
    assert seen.count('class="state bad"') > page.count('class="state bad"')


async def test_who_may_not_change_ladders_sees_who_is_told(log_in: LogIn) -> None:
    reader = await log_in(town.MANAGER)
    page = (await reader.get("/ladders?facility=HOA-SEN")).text
    assert 'id="new"' not in page
    assert (await reader.get("/ladders/0")).headers["location"] == "/ladders"
    assert (await reader.post("/ladders", data=LADDER)).status_code == 403
    assert (await reader.get("/ladders?facility=NO-SUCH")).status_code == 404


async def test_a_manager_arranges_the_rota_of_the_house(log_in: LogIn, engine: AsyncEngine) -> None:
    reader = await log_in(town.MANAGER)
    async with unit_of_work(engine, SYSTEM) as connection:
        person = await connection.scalar(
            text("SELECT id FROM user_account WHERE email = :who"), {"who": town.MANAGER}
        )
    place = "facility:HOA-SEN"
    who = {"place": place, "who": f"FACILITY_MANAGER:{person}"}
    day = town.NOW.date() + timedelta(days=1)
    shift = {"starts_at": f"{day}T17:00", "ends_at": f"{day + timedelta(days=1)}T07:30"}
    added = await reader.post("/duty/shifts", data={**who, **shift})
    assert added.status_code == 303, added.text
    week = await reader.get(added.headers["location"])
    assert "17:00–07:30" in week.text
    twice = await reader.post("/duty/shifts", data={**who, **shift})
    assert twice.status_code == 422
    assert 'id="shift" open' in twice.text
    first, last = day + timedelta(days=7), day + timedelta(days=20)
    series = {
        "first_on": str(first), "last_on": str(last), "begins": "17:00", "ends": "07:30",
        **{f"weekday_{number}": "on" for number in range(7)},
    }  # fmt: skip
    assert (await reader.post("/duty/series", data={**who, **series})).status_code == 303
    assert (await reader.post("/duty/series", data={**who, "begins": "x"})).status_code == 422
    number = await number_of(engine, "duty_shift")
    gone = await reader.post(f"/duty/shifts/{number}/cancel", data={"place": place})
    assert gone.status_code == 303
    again = await reader.post(f"/duty/shifts/{number}/cancel", data={"place": place})
    assert again.status_code == 422
    assert (await reader.get("/duty?place=facility:NO-SUCH")).status_code == 404
    assert (await reader.get("/duty?day=nonsense")).status_code == 200
