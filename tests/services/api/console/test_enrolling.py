import re

from services.api.credentials.keeping.keeper import Keeper
from services.api.resources import Resources
from tests.services.api.console.conftest import LogIn, Reader
from tests.support import town

HOME = "/facilities/HOA-SEN"
CAMERA = {"kind": "camera", "zone": "sinh-hoat"}
DEVICE = f"{HOME}/devices/sinh-hoat-cam-1"
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")


async def code_of(reader: Reader) -> str:
    shown = await reader.post(f"{HOME}/enrol", data=CAMERA)
    assert shown.status_code == 201
    found = CODE.search(shown.text)
    assert found
    return found[0]


async def test_code_is_shown_once_with_its_qr_and_the_list_says_how_far_it_is(
    admin: Reader,
) -> None:
    shown = await admin.post(f"{HOME}/enrol", data=CAMERA)
    code = CODE.search(shown.text)
    assert code
    assert "<svg" in shown.text
    part = re.search(r'<section id="(enrolment-\d+)" data-live', shown.text)
    assert part
    listed = (await admin.get(f"{HOME}/enrol")).text
    assert code[0] not in listed
    # What the open page fetches anew is found under the same name.
    assert f'<section id="{part[1]}" data-live' in listed
    assert "Đang chờ thiết bị" in listed


async def test_whoever_holds_the_code_gets_the_connection_without_a_log_in(
    admin: Reader, nobody: Reader
) -> None:
    code = await code_of(admin)
    nobody.cookies.clear()
    asked = await nobody.get("/enrol")
    assert asked.status_code == 200
    shown = await nobody.post("/enrol", data={"code": code.lower()})
    assert shown.status_code == 201
    assert "giamsat/v1/HOA-SEN/cam-1/heartbeat" in shown.text
    again = await nobody.post("/enrol", data={"code": code})
    assert again.status_code == 404
    assert "đã được dùng" in again.text


async def test_page_says_when_the_device_has_come(admin: Reader) -> None:
    await admin.post("/enrol", data={"code": await code_of(admin)})
    listed = (await admin.get(f"{HOME}/enrol")).text
    assert "Đã đăng ký, chưa có tín hiệu" in listed
    assert f"{HOME}/devices/cam-1" in listed


async def test_code_is_cancelled_with_a_click(admin: Reader) -> None:
    shown = (await admin.post(f"{HOME}/enrol", data=CAMERA)).text
    address = re.search(r'action="([^"]+/cancel)"', shown)
    assert address
    assert (await admin.post(address[1])).status_code == 303
    assert "Đã hủy" in (await admin.get(f"{HOME}/enrol")).text


async def test_camera_in_a_private_zone_is_refused_in_words_and_the_choice_is_kept(
    admin: Reader,
) -> None:
    room = {"code": "tam", "name": "Phòng tắm", "kind": "bathroom"}
    await admin.post(f"{HOME}/zones", data={**room, "min_devices": "1", "max_gap_s": "60"})
    page = (await admin.get(f"{HOME}/enrol")).text
    assert "Phòng tắm<small>không đặt camera" in page
    refused = await admin.post(f"{HOME}/enrol", data={"kind": "camera", "zone": "tam"})
    assert refused.status_code == 422
    assert "không được đặt camera" in refused.text
    assert re.search(r'value="tam" checked', refused.text)


async def test_password_is_changed_on_the_devices_page(admin: Reader, resources: Resources) -> None:
    first = await admin.post(f"{DEVICE}/credentials", data={"overlap_s": "0"})
    assert first.status_code == 201
    password = re.search(r'Mật khẩu</dt><dd class="code">([^<]{12,})<', first.text)
    assert password
    page = (await admin.get(DEVICE)).text
    assert password[1] not in page
    assert "đang có hiệu lực" in page
    again = await admin.get(f"{DEVICE}/credentials")
    assert (again.status_code, again.headers["location"]) == (303, f"{DEVICE}#access-title")
    await Keeper(resources).look()
    assert "đang có hiệu lực" in (await admin.get(DEVICE)).text


async def test_all_passwords_are_revoked_and_new_hardware_takes_the_place(admin: Reader) -> None:
    await admin.post(f"{DEVICE}/credentials")
    assert (await admin.post(f"{DEVICE}/credentials/revoke")).status_code == 303
    assert "đang có hiệu lực" not in (await admin.get(DEVICE)).text
    replaced = await admin.post(f"{DEVICE}/replace", data={"reason": "Hỏng nguồn"})
    assert replaced.status_code == 201
    page = (await admin.get(DEVICE)).text
    assert "Đã thay bằng thiết bị khác" in page
    assert "(Hỏng nguồn)" in page


async def test_who_may_not_manage_devices_sees_nothing_of_their_passwords(log_in: LogIn) -> None:
    reader = await log_in(town.LEADER)
    page = await reader.get(DEVICE)
    assert page.status_code == 200
    assert "access-title" not in page.text
    assert (await reader.get(f"{HOME}/enrol")).status_code == 403
    assert (await reader.post(f"{DEVICE}/credentials")).status_code == 403


async def test_gateway_is_chosen_where_there_is_one(admin: Reader) -> None:
    assert 'name="gateway"' not in (await admin.get(f"{HOME}/enrol")).text
    gateway = {"code": "gw-1", "name": "Tủ tầng 1", "kind": "gateway", "zone": ""}
    assert (await admin.post(f"{HOME}/devices", data=gateway)).status_code == 201
    assert '<option value="gw-1">Tủ tầng 1</option>' in (await admin.get(f"{HOME}/enrol")).text
    shown = await admin.post(f"{HOME}/enrol", data={**CAMERA, "gateway": "gw-1"})
    code = CODE.search(shown.text)
    assert code
    await admin.post("/enrol", data={"code": code[0]})
    assert "Tủ tầng 1</a>" in (await admin.get(f"{HOME}/devices/cam-1")).text
