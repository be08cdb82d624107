from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import SYSTEM, unit_of_work
from tests.services.api.console.conftest import LogIn, Reader
from tests.support import town

EXCEPTION = {
    "kind": "maintenance", "place": "facility:HOA-SEN", "reason": "Thay dây mạng",
    "starts_at": "2100-01-01T08:00", "ends_at": "2100-01-01T10:00",
}  # fmt: skip


@pytest.fixture(autouse=True)
async def department(built: None, engine: AsyncEngine) -> None:
    """Here the officer decides for the department."""
    async with unit_of_work(engine, SYSTEM) as connection:
        await connection.execute(
            text(
                "INSERT INTO role_assignment (user_id, role, admin_unit_id, valid_from)"
                " SELECT a.id, 'DEPT_OFFICER', u.id, a.created_at"
                " FROM user_account a, admin_unit u"
                " WHERE a.email = :officer AND u.level = 'province'"
            ),
            {"officer": town.OFFICER},
        )


@pytest.fixture
def log_in(log_in: LogIn) -> LogIn:
    """All of them read Vietnamese here."""

    async def reading_vietnamese(email: str) -> Reader:
        reader = await log_in(email)
        reader.cookies.set("giamsat_lang", "vi")
        return reader

    return reading_vietnamese


@pytest.fixture
def wanted(clock: object) -> dict[str, str]:
    """In the days of the town."""
    day = (town.NOW.date() + timedelta(days=1)).isoformat()
    return {**EXCEPTION, "starts_at": f"{day}T21:00", "ends_at": f"{day}T23:00"}


async def test_what_a_manager_asks_for_the_department_approves_on_the_page(
    log_in: LogIn, wanted: dict[str, str]
) -> None:
    reader = await log_in(town.MANAGER)
    asked = await reader.post("/approvals", data=wanted)
    assert asked.status_code == 303, asked.text
    own = (await reader.get("/approvals")).text
    assert "Thay dây mạng" in own
    assert "đang chờ quyết định" in own
    assert "/decision" not in own
    reader = await log_in(town.OFFICER)
    page = (await reader.get("/approvals")).text
    assert "1 đề nghị đang chờ quý vị quyết định" in page
    decided = await reader.post(
        "/approvals/1/decision", data={"decision": "approved", "note": "được"}
    )
    assert decided.status_code == 303
    assert "đã duyệt, chưa bắt đầu" in (await reader.get("/approvals")).text


async def test_times_are_those_of_viet_nam(
    log_in: LogIn, engine: AsyncEngine, wanted: dict[str, str]
) -> None:
    reader = await log_in(town.MANAGER)
    await reader.post("/approvals", data=wanted)
    async with engine.connect() as connection:
        starts_at = await connection.scalar(text("SELECT starts_at FROM approval"))
    assert f"{starts_at:%H:%M%z}" == "14:00+0000"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"kind": "mute", "ends_at": "2999-01-01T00:00"}, "nhiều nhất 24 giờ"),
        ({"reason": ""}, "Hãy ghi lý do"),
        ({"zone": "KHONG-CO"}, "không có khu đó"),
        ({"starts_at": "tomorrow"}, "từ lúc nào đến lúc nào"),
        ({"place": "facility:KHONG-CO"}, "chưa đúng"),
        ({"place": ""}, "chưa đúng"),
    ],
)
async def test_a_wrong_request_is_told_in_the_form_and_keeps_what_was_typed(
    log_in: LogIn, wanted: dict[str, str], wrong: dict[str, str], told: str
) -> None:
    reader = await log_in(town.MANAGER)
    answer = await reader.post("/approvals", data={**wanted, **wrong})
    assert answer.status_code == 422
    assert told in answer.text
    assert wrong.get("reason", "Thay dây mạng") in answer.text


async def test_a_request_that_somebody_else_decided_says_so(
    log_in: LogIn, wanted: dict[str, str]
) -> None:
    reader = await log_in(town.MANAGER)
    await reader.post("/approvals", data=wanted)
    await reader.post("/approvals/1/end")
    reader = await log_in(town.OFFICER)
    answer = await reader.post("/approvals/1/decision", data={"decision": "approved"})
    assert answer.status_code == 422
    assert "Đã có người khác quyết định" in answer.text


async def test_an_approved_export_is_fetched_with_a_button(log_in: LogIn) -> None:
    reader = await log_in(town.MANAGER)
    wanted = {
        "kind": "named_export", "place": "facility:HOA-SEN", "dataset": "people",
        "reason": "Danh bạ", "first_day": "2026-01-01", "last_day": "2026-01-02",
    }  # fmt: skip
    assert (await reader.post("/approvals", data=wanted)).status_code == 303
    early = await reader.post("/approvals/1/file")
    assert early.status_code == 422
    reader = await log_in(town.OFFICER)
    await reader.post("/approvals/1/decision", data={"decision": "approved"})
    reader = await log_in(town.MANAGER)
    assert "/approvals/1/file" in (await reader.get("/approvals")).text
    answer = await reader.post("/approvals/1/file")
    assert answer.headers["content-disposition"].endswith('"approval-1-people-1.csv"')
    assert town.MANAGER in answer.text
    assert "đã tải 1 lần" in (await reader.get("/approvals")).text


async def test_a_leader_sees_neither_page(log_in: LogIn) -> None:
    reader = await log_in(town.LEADER)
    assert (await reader.get("/access-log")).status_code == 403
    page = await reader.get("/approvals")
    assert page.status_code == 200
    assert '<form class="form"' not in page.text


async def test_the_log_is_shown_filtered_and_saved_without_names(
    log_in: LogIn, wanted: dict[str, str]
) -> None:
    reader = await log_in(town.MANAGER)
    await reader.post("/approvals", data=wanted)
    page = (await reader.get("/access-log")).text
    assert "đã đề nghị: tắt cảnh báo hoặc bảo trì" in page
    assert "Chưa niêm phong" in page
    other = (await reader.get("/access-log", params={"verb": "approve"})).text
    assert "đã đề nghị: tắt cảnh báo hoặc bảo trì" not in other
    nonsense = await reader.get("/access-log", params={"verb": "x", "day": "x", "actor": "x"})
    assert nonsense.status_code == 200
    saved = await reader.get("/access-log/export")
    assert saved.headers["content-type"].startswith("text/csv")
    assert "HOA-SEN/maintenance" in saved.text
    mine = (await reader.get("/access-log/mine")).text
    assert "đã đăng nhập" in mine


async def test_a_series_is_asked_for_by_its_last_day(log_in: LogIn, wanted: dict[str, str]) -> None:
    reader = await log_in(town.MANAGER)
    last_day = (town.NOW.date() + timedelta(days=8)).isoformat()
    series = {**wanted, "repeats": "daily", "repeats_until": last_day}
    asked = await reader.post("/approvals", data=series)
    assert asked.status_code == 303, asked.text
    assert "hằng ngày đến hết" in (await reader.get("/approvals")).text


async def test_a_series_without_a_last_day_is_refused_in_words(
    log_in: LogIn, wanted: dict[str, str]
) -> None:
    reader = await log_in(town.MANAGER)
    asked = await reader.post("/approvals", data={**wanted, "repeats": "daily"})
    assert asked.status_code == 422
    assert "lặp lại đến ngày nào" in asked.text


async def test_the_calendar_shows_what_waits_and_what_holds(
    log_in: LogIn, wanted: dict[str, str]
) -> None:
    manager = await log_in(town.MANAGER)
    await manager.post("/approvals", data=wanted)
    page = await manager.get("/approvals/calendar", params={"month": f"{town.NOW:%Y-%m}"})
    assert page.status_code == 200
    assert "Thay dây mạng" in page.text
    assert "Hiện không có miễn trừ nào" in page.text


async def test_a_month_that_cannot_be_is_not_found(log_in: LogIn) -> None:
    reader = await log_in(town.MANAGER)
    assert (await reader.get("/approvals/calendar?month=2026-77")).status_code == 404
