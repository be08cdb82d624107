import base64
import re
from typing import Any

import pytest

from services.api.keys.public_key import fingerprint
from shared.runtime.ed25519 import SigningKey
from tests.services.api.console.conftest import LogIn, Reader
from tests.support import town

SIGNING = "/facilities/HOA-MAI/devices/sinh-hoat-cam-1"
DOUBTED = "/facilities/HOA-SEN/devices/sinh-hoat-cam-2"
KEY = SigningKey.new()
FINGERPRINT = fingerprint(KEY.public_key)
GIVEN = {"public_key": base64.b64encode(KEY.public_key).decode()}


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


async def test_a_device_shows_how_much_is_proven_and_by_which_key(admin: Reader) -> None:
    page = text_of((await admin.get(SIGNING)).text)
    assert "Camera · Phòng sinh hoạt · báo mỗi 30 giây" in page
    assert " đang giám sát " in page
    assert "Trong thời gian được giám sát, 42,50 % có chữ ký số xác thực" in page
    assert "21fe 31df a154 a261" in page


async def test_a_silent_device_says_for_how_long_and_since_when(admin: Reader) -> None:
    page = text_of((await admin.get(DOUBTED)).text)
    assert "Im lặng đã 1 giờ 36 phút" in page
    assert "Nghe lần cuối: 22:23" in page


async def test_a_cause_is_told_where_the_state_is(admin: Reader) -> None:
    page = (await admin.get("/facilities/BTXH-KT/devices/sinh-hoat-cua")).text
    answer = text_of(page[page.index('id="answer"') : page.index('id="strips"')])
    assert "không xác định" in answer
    assert "bộ kết nối bị mất kết nối, từ 23:35" in answer


async def test_another_day_can_be_looked_at(admin: Reader) -> None:
    page = (await admin.get(f"{SIGNING}?day=2026-11-22")).text
    assert "Chủ Nhật ngày 22 tháng 11 năm 2026" in page
    assert f'href="{SIGNING}"' in page
    assert (await admin.get(f"{SIGNING}?day=1066-01-01")).status_code == 404


async def test_a_key_is_registered_and_revoked(admin: Reader) -> None:
    answer = await admin.post(f"{DOUBTED}/keys", data=GIVEN)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{DOUBTED}#keys-title")
    with_key = (await admin.get(DOUBTED)).text
    assert f'action="{DOUBTED}/keys/{FINGERPRINT}/revoke"' in with_key
    answer = await admin.post(f"{DOUBTED}/keys/{FINGERPRINT}/revoke")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{DOUBTED}#keys-title")
    without = (await admin.get(DOUBTED)).text
    assert '<tr class="gone">' in without
    assert f"{FINGERPRINT}/revoke" not in without


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "không phải khóa công khai"),
        ({"public_key": "abc"}, "không phải khóa công khai"),
        ({"public_key": "A" * 5000}, "không phải khóa công khai"),
        ({"public_key": base64.b64encode(bytes(32)).decode()}, "không an toàn"),
        ({"public_key": KEY.pem.decode()}, "khóa bí mật"),
    ],
)
async def test_what_is_no_key_is_refused_in_plain_words_and_never_shown_again(
    admin: Reader, given: dict[str, str], told: str
) -> None:
    answer = await admin.post(f"{DOUBTED}/keys", data=given)
    assert answer.status_code == 422
    page = answer.text
    assert told in page
    assert '<details class="sheet pad" id="new-key" open>' in page
    assert re.search(r"<textarea[^>]*></textarea>", page)


async def test_a_third_key_is_refused_in_plain_words(admin: Reader) -> None:
    keys = [SigningKey.new().public_key for _ in range(3)]
    given = [{"public_key": base64.b64encode(key).decode()} for key in keys]
    answers = [await admin.post(f"{DOUBTED}/keys", data=one) for one in given]
    assert [answer.status_code for answer in answers] == [303, 303, 422]
    assert "Đang có hai khóa hiệu lực" in answers[2].text
    again = await admin.post(f"{DOUBTED}/keys", data=given[0])
    assert "Khóa này đang có hiệu lực" in again.text


async def test_where_signatures_are_required_a_device_without_a_key_is_told_so(
    admin: Reader,
) -> None:
    page = (await admin.get("/facilities/TT-QN/devices/phong-ngu-cua")).text
    assert "mọi tin nó gửi đều không được tính" in page
    signing = (await admin.get("/facilities/TT-QN/devices/sinh-hoat-cam-1")).text
    assert "không được tính" not in signing


async def test_signs_of_pretence_say_what_happened_and_what_to_do(log_in: LogIn) -> None:
    manager = await log_in(town.MANAGER)
    await manager.get("/language/vi")
    page = text_of((await manager.get(DOUBTED)).text)
    assert "Dấu hiệu giả mạo" in page
    assert "Hai thiết bị cùng dùng một tên" in page
    assert "Tìm đúng thiết bị tại chỗ" in page
    assert "Dấu hiệu giả mạo" not in (await manager.get(f"{DOUBTED[:-1]}1")).text


async def test_who_may_only_look_is_offered_nothing_to_change(log_in: LogIn) -> None:
    leader = await log_in(town.LEADER)
    page = (await leader.get(SIGNING)).text
    assert "21fe" in page
    assert 'id="new-key"' not in page
    assert "/revoke" not in page
    assert "Dấu hiệu giả mạo" not in (await leader.get(DOUBTED)).text
    assert (await leader.post(f"{SIGNING}/keys", data=GIVEN)).status_code == 403
    assert (await leader.post(f"{SIGNING}/keys/21fe31dfa154a261/revoke")).status_code == 403


async def test_a_foreign_device_is_not_there(log_in: LogIn) -> None:
    officer = await log_in(town.OFFICER)
    assert (await officer.get(SIGNING)).status_code == 404
    assert (await officer.post(f"{SIGNING}/keys", data=GIVEN)).status_code == 404
    assert (await officer.post(f"{SIGNING}/keys/21fe31dfa154a261/revoke")).status_code == 404
    assert (await officer.get("/facilities/BAN-MAI/devices/none")).status_code == 404


async def test_a_retired_device_keeps_its_page_and_takes_no_key(admin: Reader) -> None:
    await admin.post(f"{SIGNING}/retire")
    page = (await admin.get(SIGNING)).text
    assert "Đã ngừng dùng lúc 23:59, 23/11/2026" in page
    assert 'id="new-key"' not in page
    refused = await admin.post(f"{SIGNING}/keys", data=GIVEN)
    assert refused.status_code == 422


async def test_a_gateway_has_a_page_too(admin: Reader) -> None:
    gateway = {"code": "gw-1", "name": "Bộ kết nối", "kind": "gateway", "interval_s": "2.5"}
    await admin.post("/facilities/HOA-SEN/devices", data=gateway)
    page = (await admin.get("/facilities/HOA-SEN/devices/gw-1")).text
    assert "Bộ kết nối · báo mỗi 2,5 giây" in page
    assert 'id="strips"' not in page
    assert "mỗi thiết bị đó có khóa riêng" in page


async def test_the_gateway_through_which_it_speaks_is_chosen_and_what_was_stays(
    admin: Reader, clock: Any
) -> None:
    home = "/facilities/HOA-SEN"
    for code, name in (("gw-1", "Tủ tầng 1"), ("gw-2", "Tủ tầng 2")):
        gateway = {"code": code, "name": name, "kind": "gateway", "zone": ""}
        assert (await admin.post(f"{home}/devices", data=gateway)).status_code == 201
    assert '<option value="gw-1">Tủ tầng 1</option>' in (await admin.get(home)).text
    door = {"code": "cua-9", "name": "Cửa", "kind": "door", "zone": "sinh-hoat", "gateway": "gw-1"}
    assert (await admin.post(f"{home}/devices", data=door)).status_code == 201
    address = f"{home}/devices/cua-9"
    assert f'<a href="{home}/devices/gw-1">Tủ tầng 1</a>' in (await admin.get(address)).text
    clock.advance(minutes=5)
    answer = await admin.post(f"{address}/gateways", data={"gateway": "gw-2"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{address}#gateway-title")
    page = (await admin.get(address)).text
    assert f'<a href="{home}/devices/gw-2">Tủ tầng 2</a>' in page
    assert '<tr class="gone"><th scope="row">Tủ tầng 1</th>' in page
    assert f'href="{address}">Cửa</a>' in (await admin.get(f"{home}/devices/gw-2")).text


async def test_a_gateway_that_is_gone_is_no_choice_and_the_form_says_so(admin: Reader) -> None:
    answer = await admin.post(f"{DOUBTED}/gateways", data={"gateway": "gw-7"})
    assert answer.status_code == 422
    assert "không có bộ kết nối này đang hoạt động" in answer.text
