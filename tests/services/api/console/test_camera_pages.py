import re
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.sessions.passwords import hashed
from shared.db.session import unit_of_work
from shared.db.tables.people import user_account
from shared.db.tables.placement import discovered_camera
from shared.db.tables.registry import device
from shared.domain.access import Role
from tests.services.api.console.conftest import LogIn, Reader
from tests.support import town
from tests.support.people import add_user

HOME = "/facilities/HOA-SEN"
NEW = {"code": "cam-9", "name": "Camera 9", "kind": "camera", "zone": "sinh-hoat"}
CAMERA = f"{HOME}/devices/cam-9"
REASONS = {
    "purpose": "Trông trẻ ban đêm",
    "justification": "Ban đêm chỉ có một người trực",
    "alternatives": "Cảm biến không thấy người lạ",
    "zone": "sinh-hoat",
    "review_on": "2027-03-01",
}
OFFICER = "officer@giamsat.example"


@pytest.fixture(autouse=True)
async def department(engine: AsyncEngine) -> None:
    async with unit_of_work(engine) as connection:
        await town_officer(connection)


async def town_officer(connection: Any) -> None:
    unit = await connection.scalar(text("SELECT id FROM admin_unit WHERE code = '51'"))
    user_id = await add_user(
        connection, "officer", Role.DEPT_OFFICER, {"admin_unit_id": unit}, town.ago(1000)
    )
    await connection.execute(
        update(user_account)
        .where(user_account.c.id == user_id)
        .values(password_hash=hashed(town.PASSWORD))
    )


def number_in(page: str) -> str:
    found = re.search(r"/approvals/(\d+)/approve", page)
    assert found is not None
    return found[1]


async def test_a_manager_asks_and_the_department_allows(log_in: LogIn) -> None:
    manager = await log_in(town.MANAGER)
    made = await manager.post(f"{HOME}/devices", data=NEW)
    assert made.status_code == 201
    assert f"{CAMERA}/approvals" in made.text
    empty = await manager.get(f"{CAMERA}/approvals")
    assert "nobody has asked for it" in empty.text
    asked = await manager.post(f"{CAMERA}/approvals", data=REASONS)
    assert asked.status_code == 303
    assert "approve" not in (await manager.get(f"{CAMERA}/approvals")).text

    officer = await log_in(OFFICER)
    listed = (await officer.get("/cameras/approvals")).text
    assert f"{CAMERA}/approvals" in listed
    page = (await officer.get(f"{CAMERA}/approvals")).text
    assert "Ban đêm chỉ có một người trực" in page
    decided = await officer.post(f"{CAMERA}/approvals/{number_in(page)}/approve")
    assert decided.status_code == 303
    assert "Camera này được phép ghi nhận ở đây" in (await officer.get(f"{CAMERA}/approvals")).text
    assert f"{CAMERA}/approvals" not in (await officer.get("/cameras/approvals")).text
    in_force = await officer.get("/cameras/approvals", params={"which": "in_force"})
    assert f"{CAMERA}/approvals" in in_force.text


async def test_a_request_without_reasons_comes_back_with_what_was_typed(admin: Reader) -> None:
    await admin.post(f"{HOME}/devices", data=NEW)
    answer = await admin.post(f"{CAMERA}/approvals", data={**REASONS, "justification": "vì cần"})
    assert answer.status_code == 422
    assert "Hãy ghi lý do cần thiết" in answer.text
    assert 'value="Trông trẻ ban đêm"' in answer.text


async def test_an_approval_is_revoked_with_a_reason(log_in: LogIn) -> None:
    officer = await log_in(OFFICER)
    camera = f"{HOME}/devices/sinh-hoat-cam-1"
    page = (await officer.get(f"{camera}/approvals")).text
    number = re.search(r"/approvals/(\d+)/revoke", page)
    assert number is not None
    path = f"{camera}/approvals/{number[1]}/revoke"
    assert (await officer.post(path)).status_code == 422
    assert (await officer.post(path, data={"note": "Phòng đã trống"})).status_code == 303
    shown = (await officer.get(camera)).text
    assert "không ghi nhận gì cho đến khi được phê duyệt" in shown
    assert (await officer.post(f"{camera}/approvals/{number[1]}/burn")).status_code == 400


async def test_a_device_is_moved_and_its_places_are_shown(admin: Reader) -> None:
    door = f"{HOME}/devices/sinh-hoat-cua"
    zone = {
        "code": "san",
        "name": "Sân chơi",
        "kind": "yard",
        "min_devices": "1",
        "max_gap_s": "60",
    }
    assert (await admin.post(f"{HOME}/zones", data=zone)).status_code == 303
    assert '<option value="san">Sân chơi</option>' in (await admin.get(door)).text
    assert (await admin.post(f"{door}/placements", data={"zone": "san"})).status_code == 303
    assert "nay</td>" in (await admin.get(door)).text


async def test_a_type_is_chosen_and_what_sleeps_is_warned_of(admin: Reader) -> None:
    page = (await admin.get(HOME)).text
    assert "Cảm biến cửa Zigbee (pin)" in page
    made = await admin.post(
        f"{HOME}/devices",
        data={"code": "cua-9", "name": "Cửa", "kind": "door", "zone": "sinh-hoat",
              "profile": "zigbee-door"},
    )  # fmt: skip
    assert made.status_code == 201
    assert "ngủ lâu hơn mức khu vực cho phép" in made.text
    wrong = await admin.post(f"{HOME}/devices", data={**NEW, "profile": "zigbee-door"})
    assert wrong.status_code == 422
    assert "Kiểu này thuộc loại thiết bị khác" in wrong.text


async def test_types_are_managed_by_administrators_and_read_by_all(
    admin: Reader, log_in: LogIn
) -> None:
    form = {
        "code": "acme", "name": "Acme beam", "kind": "motion", "interval_s": "40",
        "tolerance_s": "5", "listening": "active", "power": "mains", "source": "Acme 7",
    }  # fmt: skip
    assert (await admin.post("/device-profiles", data=form)).status_code == 303
    assert "Acme beam" in (await admin.get("/device-profiles")).text
    assert (await admin.post("/device-profiles", data=form)).status_code == 422
    again = {**form, "name": "Acme beam 2", "is_version": "yes"}
    assert (await admin.post("/device-profiles", data=again)).status_code == 303
    assert "Acme beam 2" in (await admin.get("/device-profiles")).text
    assert (await admin.post("/device-profiles/acme/retire")).status_code == 303
    assert "Acme" not in (await admin.get("/device-profiles")).text
    manager = await log_in(town.MANAGER)
    seen = await manager.get("/device-profiles")
    assert (seen.status_code, "new-type" in seen.text) == (200, False)
    assert (await manager.post("/device-profiles", data=form)).status_code == 403


async def test_what_was_found_on_site_is_offered_for_registration(
    admin: Reader, engine: AsyncEngine
) -> None:
    await admin.post(f"{HOME}/devices", data={"code": "gw", "name": "GW", "kind": "gateway"})
    endpoint = f"urn:uuid:{7:032x}"
    async with unit_of_work(engine) as connection:
        gateway = await connection.scalar(select(device.c.id).where(device.c.code == "gw"))
        await connection.execute(
            insert(discovered_camera).values(
                gateway_id=gateway, endpoint=endpoint, name="<b>Cổng</b>", hardware="IPC",
                address="http://192.168.1.20/onvif", seen_at=town.NOW,
            )
        )  # fmt: skip
    page = (await admin.get(HOME)).text
    assert "&lt;b&gt;Cổng" in page
    chosen = (await admin.get(HOME, params={"found": endpoint})).text
    assert f'value="{endpoint}"' in chosen
    made = await admin.post(f"{HOME}/devices", data={**NEW, "endpoint": endpoint})
    assert made.status_code == 201
    assert "192.168.1.20" not in (await admin.get(HOME)).text
