import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.registry import requirement
from tests.services.api.console.conftest import LogIn, Reader
from tests.support import town

HOME = "/facilities/HOA-SEN"
ZONE = f"{HOME}/zones/sinh-hoat"
WEEK = {
    "name": "Ban đêm",
    "on_holidays": "all_day",
    **{f"day_0_{day}": "yes" for day in range(5)},
    "from_0": "22:00",
    "to_0": "06:00",
    "from_1": "",
}
ASKS = {"min_devices": "1", "max_gap_s": "90"}


async def calendar(admin: Reader) -> str:
    answer = await admin.post("/calendars", data=WEEK)
    assert answer.status_code == 303
    listed = (await admin.get("/api/v1/calendars")).json()["items"]
    return str(listed[0]["id"])


async def require(admin: Reader, **asks: str) -> httpx.Response:
    return await admin.post(f"{ZONE}/requirement", data={**ASKS, **asks})


async def test_a_zone_says_what_it_requires_and_required(admin: Reader) -> None:
    number = await calendar(admin)
    answer = await require(admin, calendar=number, kind_motion="yes", reason="Chỉ ban đêm")
    assert (answer.status_code, answer.headers["Location"]) == (303, ZONE)
    shown = (await admin.get(ZONE)).text
    assert "Ban đêm · Cảm biến chuyển động" in shown
    assert "Chỉ ban đêm" in shown
    assert "đang có hiệu lực" in shown
    assert ZONE in (await admin.get(HOME)).text


async def test_a_change_to_come_is_typed_on_the_clock_of_the_facility(
    admin: Reader, engine: AsyncEngine
) -> None:
    await require(admin, min_devices="2", valid_from="2027-01-01T00:00")
    assert "sắp áp dụng" in (await admin.get(ZONE)).text
    async with unit_of_work(engine) as connection:
        found = await connection.execute(requirement.select().where(requirement.c.min_devices == 2))
        (row,) = found.all()
    assert f"{row.valid_from:%Y-%m-%d %H:%M}" == "2026-12-31 17:00"


async def test_what_cannot_be_is_said_in_plain_words_and_kept(admin: Reader) -> None:
    past = await require(admin, valid_from="2020-01-01T00:00", reason="Vì sao")
    assert past.status_code == 422
    assert "Không thể bắt đầu trong quá khứ" in past.text
    assert 'value="Vì sao"' in past.text
    assert "lịch trong danh sách" in (await require(admin, calendar="999")).text
    assert (await require(admin, valid_from="morgen")).status_code == 422


async def test_too_few_devices_are_warned_of(admin: Reader) -> None:
    await require(admin, min_devices="9")
    assert "ít hơn số phải giám sát" in (await admin.get(ZONE)).text


async def test_where_nobody_is_the_page_says_so(admin: Reader) -> None:
    await require(admin, occupied="no")
    assert "không có người ở" in (await admin.get(HOME)).text


async def test_calendars_are_shown_with_their_hours(admin: Reader) -> None:
    await calendar(admin)
    shown = (await admin.get("/calendars")).text
    assert "Thứ 2 – Thứ 6: 22:00 – 06:00" in shown
    assert "cả ngày vào ngày lễ" in shown


async def test_a_week_without_a_day_is_refused_and_kept(admin: Reader) -> None:
    answer = await admin.post("/calendars", data={"name": "Trống", "from_0": "22:00"})
    assert answer.status_code == 422
    assert 'value="Trống"' in answer.text


async def test_a_calendar_is_retired(admin: Reader) -> None:
    number = await calendar(admin)
    assert (await admin.post(f"/calendars/{number}/retire")).status_code == 303
    assert "ngừng dùng" in (await admin.get("/calendars")).text


async def test_the_year_has_its_holidays_and_says_what_must_be_verified(admin: Reader) -> None:
    shown = (await admin.get("/calendars", params={"year": 2026})).text
    assert "Tết Nguyên Đán" in shown
    assert "Cần kiểm tra" in shown
    assert "Cần kiểm tra" not in (await admin.get("/calendars", params={"year": 2025})).text


async def test_a_decision_is_recorded_and_withdrawn(admin: Reader) -> None:
    said = {"day": "2027-12-31", "kind": "off", "name": "Nghỉ bù", "source": "TB 12"}
    answer = await admin.post("/holidays", data=said)
    assert answer.headers["Location"] == "/calendars?year=2027#holidays"
    shown = (await admin.get("/calendars", params={"year": 2027})).text
    assert "TB 12" in shown
    twice = await admin.post("/holidays", data=said)
    assert "đã có quyết định" in twice.text
    number = shown.partition("/holidays/")[2].partition("/")[0]
    assert (await admin.post(f"/holidays/{number}/withdraw")).status_code == 303
    again = (await admin.get("/calendars", params={"year": 2027})).text
    assert "TB 12" not in again


async def test_a_manager_adds_calendars_for_the_own_facility_only(log_in: LogIn) -> None:
    manager = await log_in(town.MANAGER)
    assert (await manager.post("/calendars", data=WEEK)).status_code == 403
    own = await manager.post("/calendars", data={**WEEK, "facility": "HOA-SEN"})
    assert own.status_code == 303
    said = {"day": "2027-12-31", "kind": "off", "name": "x", "source": "y"}
    assert (await manager.post("/holidays", data=said)).status_code == 403
