"""Pages of units, read by people of the town and arranged by sheets."""

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.units.importing.bringing_in import bring_in
from services.api.units.reorganising.cut_over import CutOver
from services.api.units.schemas import UnitOut
from services.api.units.tree import MOST, branches
from shared.data.units import shipped
from shared.db.session import unit_of_work
from shared.domain.access import Scope
from shared.domain.jurisdiction import Level, UnitKind
from tests.services.api.console.conftest import LogIn
from tests.support import town

SPLIT_ON = "2025-09-01"
SHEETS = {
    "units.csv": "code,name,kind,parent,valid_from,valid_to\n"
    f"DH,xã Đăk Hà,commune,51,2025-07-01,{SPLIT_ON}\n"
    f"DH-1,xã Đăk Hà Đông,commune,51,{SPLIT_ON},\nDH-2,xã Đăk Hà Tây,commune,51,{SPLIT_ON},\n",
    "successions.csv": "from,to,kind,effective_on,legal_basis\n"
    f"DH,DH-1,split,{SPLIT_ON},Nghị quyết 5\nDH,DH-2,split,{SPLIT_ON},Nghị quyết 5\n",
}


@pytest.fixture
async def officer(log_in: LogIn, engine: AsyncEngine) -> httpx.AsyncClient:
    """Of the department, in Vietnamese."""
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "UPDATE role_assignment SET role = 'DEPT_OFFICER' WHERE user_id = "
                "(SELECT id FROM user_account WHERE email = :email)"
            ),
            {"email": town.LEADER},
        )
    return await log_in(town.LEADER)


async def split(engine: AsyncEngine) -> None:
    async with unit_of_work(engine) as connection:
        outcome = await bring_in(
            connection, SHEETS, Scope(is_everywhere=True), by="system", now=town.NOW
        )
        assert outcome.faults == []
    await CutOver(engine, now=lambda: town.NOW).look()


async def read(reader: httpx.AsyncClient, path: str) -> str:
    answer = await reader.get(path)
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


async def test_the_department_sees_who_is_missing_and_what_is_unplaced(
    officer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await split(engine)
    page = await read(officer, "/units")
    assert "5 xã chưa có người làm công tác bảo vệ trẻ em" in page
    assert "1 cơ sở có đơn vị đã chấm dứt" in page
    overview = await read(officer, "/")
    assert "5 xã chưa có người làm công tác bảo vệ trẻ em" in overview
    vacant = await read(officer, "/units?officer=vacant")
    assert "xã Đăk Hà Tây" in vacant
    assert "xã Măng Đen" not in vacant


async def test_a_facility_of_a_split_unit_is_placed_by_a_form(
    officer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await split(engine)
    page = await read(officer, "/units/reorganisations")
    assert '<option value="DH-2">xã Đăk Hà Tây</option>' in page
    form = {"facility": "HY-VONG", "admin_unit": "DH-2", "legal_basis": "Quyết định 8"}
    wrong = await officer.post(
        f"/units/reorganisations/{SPLIT_ON}/assignments", data=form | {"admin_unit": "MD"}
    )
    assert wrong.status_code == 422
    assert "Không chọn được đơn vị này cho cơ sở" in wrong.text
    answer = await officer.post(f"/units/reorganisations/{SPLIT_ON}/assignments", data=form)
    assert answer.status_code == 303
    assert "Làng trẻ Hy Vọng" not in await read(officer, "/units/reorganisations")
    unit = await read(officer, "/units/DH-2")
    assert "Làng trẻ Hy Vọng" in unit
    assert "Nghị quyết 5" in unit


async def test_a_unit_of_the_past_shows_who_lay_there_and_where_they_lie_now(
    officer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO facility_location (facility_id, admin_unit_id, valid_from) "
                "SELECT id, admin_unit_id, '2025-07-01' FROM facility WHERE code = 'HY-VONG'"
            )
        )
    await split(engine)
    await officer.post(
        f"/units/reorganisations/{SPLIT_ON}/assignments",
        data={"facility": "HY-VONG", "admin_unit": "DH-1", "legal_basis": "Quyết định 8"},
    )
    page = await read(officer, "/units/DH?as_of=2025-08-31")
    assert "Làng trẻ Hy Vọng" in page
    assert '<a href="/units/DH-1">xã Đăk Hà Đông</a>' in page
    assert "Đơn vị này đã chấm dứt từ ngày 01/09/2025" in await read(officer, "/units/DH")


async def test_who_administers_nothing_sees_units_but_no_notices_and_no_import(
    log_in: LogIn,
) -> None:
    manager = await log_in(town.MANAGER)
    page = await read(manager, "/units")
    assert "phường Kon Tum" in page
    assert "/units/import" not in page
    assert "child-protection officer" not in page
    assert (await manager.get("/units/import")).status_code == 403
    unit = await read(manager, "/units/MD")
    assert "Ban Mai" not in unit
    assert "A Trung" not in unit


async def test_the_officer_of_a_commune_is_named_to_who_may_know(
    officer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    assert "A Trung" in await read(officer, "/units/MD")
    async with unit_of_work(engine) as connection:
        line = await connection.execute(
            text("SELECT verb, subject, key FROM access_log ORDER BY n DESC LIMIT 1")
        )
    assert tuple(line.one()) == ("list", "person", "MD")


async def test_sheets_are_tried_out_and_brought_in_by_a_form(officer: httpx.AsyncClient) -> None:
    files = [("file", (name, sheet.encode(), "text/csv")) for name, sheet in SHEETS.items()]
    trial = await officer.post("/units/import", files=files, data={"dry_run": "yes"})
    assert "Không có lỗi; chưa ghi gì" in trial.text
    faulty = [("file", ("x.csv", b"code,name,kind,parent,valid_from\nA,B,C,D,E\n", "text/csv"))]
    told = await officer.post("/units/import", files=faulty)
    assert "2 lỗi; chưa ghi gì" in told.text
    assert "x.csv:2" in told.text
    done = await officer.post("/units/import", files=files)
    assert "Đã nhập toàn bộ" in done.text


async def test_authorities_and_competences_are_shown_as_of_a_day(
    log_in: LogIn,
    engine: AsyncEngine,
) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(text("UPDATE admin_unit SET code = 'T-' || code"))
        await bring_in(connection, shipped(), Scope(is_everywhere=True), by="system", now=town.NOW)
    admin = await log_in(town.ADMIN)
    before = await read(admin, "/units/authorities?as_of=2025-02-28")
    assert "Sở Lao động - Thương binh và Xã hội tỉnh Kon Tum" in before
    assert "Sở Lao động" not in await read(admin, "/units/authorities")
    competences = await read(admin, "/units/competences")
    assert "01/07/2025 – 28/02/2027" in competences
    assert "Nghị định 147/2025/NĐ-CP" in competences
    tree = await read(admin, "/units?as_of=2024-10-30")
    assert "huyện Đăk Hà" in tree
    assert "xã Hà Mòn" in tree


def unit(code: str, level: Level, parent: str | None = None) -> UnitOut:
    return UnitOut(
        code=code, name=code, kind=UnitKind.COMMUNE, level=level, parent=parent,
        official_code=None, valid_from=town.NOW.date(), valid_to=None, legal_basis="", source="",
        facilities=0, officers=None,
    )  # fmt: skip


def test_of_a_whole_country_only_ones_own_province_is_drawn_in_full() -> None:
    provinces = [unit(code, Level.PROVINCE) for code in ("A", "B")]
    communes = [unit(f"A{n}", Level.COMMUNE, "A") for n in range(MOST)]
    small = [*provinces, *communes[:3]]
    assert [b.unit.code for b in branches(small, is_own=lambda _: False)] == [
        "A", "A0", "A1", "A2", "B",
    ]  # fmt: skip
    country = [*provinces, *communes]
    assert [b.unit.code for b in branches(country, is_own=lambda _: False)] == ["A", "B"]
    assert len(branches(country, is_own=lambda code: code == "A")) == len(country)
