"""What the law says of facilities, on pages: list, map, registry, new ones, imports."""

import re

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.imports.runner import Runner
from services.api.resources import Resources
from shared.db.session import unit_of_work
from tests.services.api.console.conftest import LogIn, Reader
from tests.support import town

PDF = b"%PDF-1.7\n" + b"0" * 100
HOME = "/facilities/HOA-SEN"


@pytest.fixture(autouse=True)
async def department(engine: AsyncEngine, built: None) -> None:
    """The administrator of the town is an officer of the department as well, the leader is of the
    department of home affairs."""
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO role_assignment (user_id, role, admin_unit_id, valid_from) "
                "SELECT u.id, 'DEPT_OFFICER', a.id, '2020-01-01' FROM user_account u, "
                "admin_unit a WHERE u.email = :email AND a.code = '51'"
            ),
            {"email": town.ADMIN},
        )
        await connection.execute(
            text(
                "UPDATE role_assignment SET role = 'HOME_AFFAIRS' WHERE user_id = "
                "(SELECT id FROM user_account WHERE email = :email)"
            ),
            {"email": town.LEADER},
        )


async def put(reader: Reader, **fact: str) -> int:
    return (await reader.post(f"{HOME}/facts", data=fact)).status_code


async def licensed(reader: Reader, *, last_day: str = "2026-12-10") -> None:
    registration = {"kind": "registration", "effective_on": "2019-05-06", "number": "12/GCN"}
    assert await put(reader, **registration) == 303
    licence = {"kind": "licence_issued", "effective_on": "2022-01-10", "number": "07/GP"}
    assert await put(reader, **licence, last_day=last_day) == 303


async def test_papers_entered_on_the_page_stand_there_at_once(admin: Reader) -> None:
    await licensed(admin)
    page = (await admin.get(f"{HOME}/registry")).text
    assert "Có giấy phép hoạt động" in page
    assert "Giấy phép hết hạn trong 21 ngày" in page
    assert "07/GP" in page
    past = (await admin.get(f"{HOME}/registry?as_of=2020-01-01")).text
    assert "Đã đăng ký, chưa có giấy phép còn hiệu lực" in past


async def test_what_cannot_have_been_is_refused_and_nothing_is_kept(admin: Reader) -> None:
    licence = {"kind": "licence_issued", "effective_on": "2022-01-10", "number": "07/GP"}
    answer = await admin.post(f"{HOME}/facts", data=licence)
    assert answer.status_code == 422
    assert "Việc này không thể xảy ra vào ngày đó" in answer.text
    assert "Chưa có gì trong hồ sơ" in answer.text


async def test_a_suspension_asks_for_a_plan_and_says_that_it_is_due(admin: Reader) -> None:
    await licensed(admin)
    suspension = {"kind": "suspended", "effective_on": "2026-11-01", "number": "9/QĐ"}
    assert await put(admin, **suspension) == 422
    assert await put(admin, **suspension, due_on="2026-12-01", children_to_move="148") == 303
    page = (await admin.get(f"{HOME}/registry")).text
    assert "Phương án chuyển 148 trẻ phải xong trước 01/12/2026" in page


async def test_home_affairs_sees_the_registry_and_not_the_watch(
    log_in: LogIn, admin: Reader
) -> None:
    await licensed(admin)
    await admin.post("/logout")
    reader = await log_in(town.LEADER)
    page = (await reader.get(HOME)).text
    assert "07/GP" in page
    assert 'class="strip"' not in page
    assert "Camera 1" not in page
    listed = (await reader.get("/facilities")).text
    assert "Mái ấm Hoa Sen" in listed
    assert "Mất giám sát" not in listed
    assert 'id="new-' not in page


async def test_a_scan_is_uploaded_and_downloaded_as_a_file(admin: Reader) -> None:
    sent = await admin.post(
        f"{HOME}/documents",
        data={"title": "Giấy phép"},
        files={"file": ("a.pdf", PDF, "application/pdf")},
    )
    assert sent.status_code == 303
    page = (await admin.get(f"{HOME}/registry")).text
    found = re.search(r'href="(/facilities/HOA-SEN/documents/\d+)"', page)
    assert found
    answer = await admin.get(found.group(1))
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment")
    refused = await admin.post(
        f"{HOME}/documents",
        data={"title": "Trang"},
        files={"file": ("a.pdf", b"<html>", "application/pdf")},
    )
    assert (refused.status_code, "Không phải tệp PDF" in refused.text) == (422, True)


async def test_a_check_is_recorded_condition_by_condition(admin: Reader) -> None:
    check = {"checked_on": "2026-09-20", "fire_safety": "not_met", "fire_safety_note": "hết hạn"}
    assert (await admin.post(f"{HOME}/condition-checks", data=check)).status_code == 303
    page = (await admin.get(f"{HOME}/registry")).text
    assert "Không đủ điều kiện" in page
    assert "hết hạn" in page


async def test_a_discovered_home_comes_on_record(admin: Reader) -> None:
    found = {"name": "Mái ấm Đức Tin", "admin_unit": "DH", "how": "Người dân báo",
             "children": "9", "latitude": "14,5", "longitude": "107,9"}  # fmt: skip
    answer = await admin.post("/new-facility/discovered", data=found)
    assert answer.headers["location"] == "/facilities/mai-am-duc-tin/registry"
    page = (await admin.get("/facilities?status=discovered_unregistered")).text
    assert "Mái ấm Đức Tin" in page
    assert "Hoa Sen" not in page


@pytest.mark.parametrize(
    ("query", "there", "away"),
    [
        ("q=hoa sen", "Mái ấm Hoa Sen", "Ban Mai"),
        ("q=mang den", "Ban Mai", "Hoa Sen"),
        ("admin_unit=DH", "Hy Vọng", "Hoa Sen"),
        ("ownership=public", "Trung tâm Bảo trợ", "Hoa Sen"),
        ("licence=expiring", "Mái ấm Hoa Sen", "Ban Mai"),
        ("status=licensed", "Mái ấm Hoa Sen", "Ban Mai"),
        ("status=&licence=&q=", "Mái ấm Hoa Sen", "Không có cơ sở nào phù hợp"),
        ("as_of=2020-01-01&status=registered", "Mái ấm Hoa Sen", "Ban Mai"),
    ],
)
async def test_the_list_is_filtered(admin: Reader, query: str, there: str, away: str) -> None:
    await licensed(admin)
    page = (await admin.get(f"/facilities?{query}")).text
    rows = page[page.index('id="list"') :]
    assert there in rows
    assert away not in rows


async def test_the_list_stands_in_the_order_of_the_alphabet(admin: Reader) -> None:
    page = (await admin.get("/facilities")).text
    names = re.findall(r'<th scope="row"><a [^>]*>([^<&]{4,12})', page)
    assert [name[:11] for name in names] == [
        "Làng trẻ Hy", "Mái ấm Hoa ", "Mái ấm Hoa ", "Nhà tình th", "Trung tâm B", "Trung tâm N",
    ]  # fmt: skip


async def test_the_map_tells_states_apart_by_form_and_words(admin: Reader) -> None:
    page = (await admin.get("/facility-map")).text
    assert page.count('class="mark-of gap"') >= 2
    assert 'aria-label="Mái ấm Hoa Sen · phường Kon Tum · Mất giám sát"' in page
    assert '<path d="M8 1.5 15 14H1z"/>' in page


async def test_the_overview_warns_those_who_decide_on_licences(
    admin: Reader, log_in: LogIn
) -> None:
    await licensed(admin)
    assert "1 giấy phép sắp hết hạn trong 90 ngày" in (await admin.get("/")).text
    await admin.post("/logout")
    manager = await log_in(town.MANAGER)
    assert "licence=expiring" not in (await manager.get("/")).text


async def test_a_sheet_goes_from_upload_to_record_on_pages(
    admin: Reader, resources: Resources
) -> None:
    sheet = "mã;tên;xã\nHM-2;Hoa Mai 2;DH\nHM 3;Sai;DH\n"
    sent = await admin.post(
        "/imports", data={"kind": "facilities"}, files={"file": ("cs.csv", sheet.encode())}
    )
    assert sent.status_code == 303
    address = sent.headers["location"]
    await Runner(resources).look()
    page = (await admin.get(address)).text
    assert "Đã kiểm tra; chưa ghi vào hồ sơ" in page
    assert "“HM 3” không phù hợp." in page
    await admin.post(f"{address}/wish", data={"wish": "commit"})
    await Runner(resources).look()
    assert "Đã ghi vào hồ sơ" in (await admin.get(address)).text
    assert "Hoa Mai 2" in (await admin.get("/facilities")).text


async def test_a_workbook_is_refused_with_what_to_do(admin: Reader) -> None:
    sent = await admin.post(
        "/imports", data={"kind": "zones"}, files={"file": ("cs.xlsx", b"PK\x03\x04")}
    )
    assert sent.status_code == 422
    assert "CSV UTF-8" in sent.text


@pytest.mark.parametrize(
    "path",
    [
        "/facilities",
        "/facility-map",
        f"{HOME}/registry",
        "/new-facility",
        "/imports",
        "/facilities/HOA-MAI/registry",
    ],
)
async def test_names_are_text_and_both_languages_are_spoken(admin: Reader, path: str) -> None:
    page = (await admin.get(path)).text
    assert "<script>alert" not in page
    await admin.get("/language/en")
    assert '<html lang="en">' in (await admin.get(path)).text
