import re

from tests.services.api.console.conftest import LogIn, Reader
from tests.support import town

FORM = {
    "code": "cam-9",
    "name": "Camera 9",
    "kind": "camera",
    "zone": "sinh-hoat",
    "interval_s": "30",
}
HOME = "/facilities/HOA-SEN"


async def test_a_new_devices_connection_is_shown_with_a_code_and_a_line_to_try(
    admin: Reader,
) -> None:
    answer = await admin.post(f"{HOME}/devices", data=FORM)
    assert answer.status_code == 201
    assert "HOA-SEN/cam-9" in answer.text
    assert "giamsat/v1/HOA-SEN/cam-9/heartbeat" in answer.text
    assert "mosquitto_pub -V mqttv5" in answer.text
    assert "<svg" in answer.text


async def test_the_password_is_shown_this_once(admin: Reader) -> None:
    shown = (await admin.post(f"{HOME}/devices", data=FORM)).text
    found = re.search(r"Mật khẩu</dt><dd class=\"code\">([^<]{12,})<", shown)
    assert found is not None
    assert found[1] not in (await admin.get(HOME)).text


async def test_a_taken_code_is_said_so_and_what_was_typed_is_kept(admin: Reader) -> None:
    await admin.post(f"{HOME}/devices", data=FORM)
    again = await admin.post(f"{HOME}/devices", data=FORM)
    assert again.status_code == 422
    assert "Mã này đã có" in again.text
    assert 'value="Camera 9"' in again.text


async def test_who_reports_too_seldom_is_registered_with_a_warning(admin: Reader) -> None:
    answer = await admin.post(f"{HOME}/devices", data={**FORM, "interval_s": "60"})
    assert answer.status_code == 201
    assert "Báo mỗi 60 giây, thưa hơn mức gián đoạn" in answer.text
    assert "cho thiết bị báo ít nhất mỗi 50 giây một lần" in answer.text
    assert "thưa hơn" in (await admin.get(f"{HOME}/devices/cam-9")).text
    rightly = await admin.post(f"{HOME}/devices", data={**FORM, "code": "cam-10"})
    assert "thưa hơn" not in rightly.text


async def test_a_code_with_a_slash_is_refused_in_plain_words(admin: Reader) -> None:
    answer = await admin.post(f"{HOME}/devices", data={**FORM, "code": "a/b"})
    assert answer.status_code == 422
    assert "không có dấu cách" in answer.text


async def test_a_retired_device_is_gone_from_the_page(admin: Reader) -> None:
    answer = await admin.post(f"{HOME}/devices/sinh-hoat-cam-1/retire")
    assert answer.status_code == 303
    assert "sinh-hoat-cam-1" not in (await admin.get(HOME)).text


async def test_a_new_zone_is_on_the_page(admin: Reader) -> None:
    zone = {
        "code": "san",
        "name": "Sân chơi",
        "kind": "yard",
        "min_devices": "1",
        "max_gap_s": "60",
    }
    answer = await admin.post(f"{HOME}/zones", data=zone)
    assert answer.status_code == 303
    assert "Sân chơi" in (await admin.get(HOME)).text


async def test_who_may_not_register_is_refused(log_in: LogIn) -> None:
    leader = await log_in(town.LEADER)
    assert (await leader.post(f"{HOME}/devices", data=FORM)).status_code == 403


async def test_a_gateways_example_is_a_list_of_devices(admin: Reader) -> None:
    gateway = {"code": "gw-1", "name": "Bộ kết nối", "kind": "gateway", "interval_s": "30"}
    page = (await admin.post(f"{HOME}/devices", data=gateway)).text
    assert "giamsat/v1/HOA-SEN/gw-1/heartbeats" in page
    assert "[{\\&#34;device\\&#34;:" in page
