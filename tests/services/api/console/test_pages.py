import re

import pytest

from tests.services.api.console.conftest import LogIn, Reader
from tests.support import town

PAGES = [
    "/",
    "/facilities",
    "/facilities/HOA-SEN",
    "/incidents",
    "/incidents/1",
    "/quarantine",
    "/quarantine/1",
    "/facilities/HOA-MAI/adapter-rules",
    "/facilities/HOA-MAI/devices/sinh-hoat-cam-1",
    "/facilities/HOA-SEN/devices/sinh-hoat-cam-2",
]


async def test_the_overview_says_who_is_not_watched_since_when_why_and_who_knows(
    log_in: LogIn,
) -> None:
    page = (await (await log_in(town.LEADER)).get("/")).text
    answer = page[page.index('id="answer"') : page.index('id="figures"')]
    assert "Mái ấm Hoa Sen" in answer
    assert "1 giờ 36 phút" in answer
    assert "Mất kết nối toàn cơ sở" in answer
    assert "đã báo: cơ sở, cán bộ xã, Sở Y tế" in answer
    assert "A Trung đã nhận lúc 23:47" in answer


async def test_whoever_administers_reads_a_number_for_a_name(admin: Reader) -> None:
    page = (await admin.get("/")).text
    assert "A Trung" not in page
    assert re.search(r"#\d+ đã nhận lúc 23:47", page)


async def test_facilities_in_trouble_stand_first(admin: Reader) -> None:
    page = (await admin.get("/")).text
    states = re.findall(r'<tr class="(\w+)">', page)
    assert states == ["gap", "gap", "impaired", "covered", "covered", "covered"]


@pytest.mark.parametrize("path", PAGES)
async def test_names_are_text_and_never_markup(admin: Reader, path: str) -> None:
    page = (await admin.get(path)).text
    assert "<script>alert" not in page
    assert "<b>not json" not in page


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_speaks_both_languages(admin: Reader, path: str) -> None:
    vietnamese = (await admin.get(path)).text
    await admin.get("/language/en")
    english = (await admin.get(path)).text
    assert ('<html lang="vi">' in vietnamese, '<html lang="en">' in english) == (True, True)
    assert "Đăng xuất" in vietnamese
    assert "Log out" in english


async def test_the_language_switch_comes_back_to_the_page(admin: Reader) -> None:
    answer = await admin.get("/language/en?back=/incidents")
    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents")


async def test_the_language_switch_keeps_the_day_looked_at(admin: Reader) -> None:
    page = (await admin.get("/facilities/HOA-SEN?day=2026-11-22")).text
    assert "/language/en?back=/facilities/HOA-SEN%3Fday%3D2026-11-22" in page


async def test_a_reader_is_met_in_their_own_language(log_in: LogIn) -> None:
    reader = await log_in(town.MANAGER)
    assert '<html lang="en">' in (await reader.get("/")).text


async def test_a_commune_officer_sees_only_the_own_commune(log_in: LogIn) -> None:
    officer = await log_in(town.OFFICER)
    page = (await officer.get("/")).text
    assert "Nhà tình thương Ban Mai" in page
    assert "Hoa Sen" not in page
    assert (await officer.get("/facilities/HOA-SEN")).status_code == 404
    assert (await officer.get("/incidents/1")).status_code == 404


async def test_quarantine_is_not_for_everybody(log_in: LogIn) -> None:
    leader = await log_in(town.LEADER)
    assert "/quarantine" not in (await leader.get("/")).text
    assert (await leader.get("/quarantine")).status_code == 403


async def test_who_may_not_register_is_not_asked_to(log_in: LogIn) -> None:
    leader = await log_in(town.LEADER)
    page = (await leader.get("/facilities/HOA-SEN")).text
    assert 'id="new-device"' not in page
    assert "Nhận xử lý" not in (await leader.get("/")).text


async def test_a_search_needs_no_marks(admin: Reader) -> None:
    page = (await admin.get("/facilities?q=dak ha")).text
    assert "Làng trẻ Hy Vọng" in page
    assert "Hoa Sen" not in page


async def test_a_facility_shows_a_strip_for_each_zone_and_device(admin: Reader) -> None:
    page = (await admin.get("/facilities/HY-VONG")).text
    assert page.count('<svg class="strip" viewBox') == 2 + 6
    assert "quá tối" in page
    assert "camera hình ảnh kém" in page


async def test_proven_time_is_drawn_and_explained_where_there_is_any(admin: Reader) -> None:
    signed = (await admin.get("/facilities/HOA-MAI")).text
    # One device proves its zone: of each a strip, and the legend.
    assert signed.count('<path class="proven"') == 3
    assert "Được giám sát; thiết bị đã ký số" in signed
    assert "được giám sát, có chữ ký số" in signed
    assert "chữ ký số" not in (await admin.get("/facilities/HOA-SEN")).text


async def test_causes_stand_beside_the_state_of_a_device(admin: Reader) -> None:
    page = (await admin.get("/facilities/BTXH-KT")).text
    devices = page[page.index('id="devices"') :]
    assert "không xác định<small>bộ kết nối bị mất kết nối, từ 23:35</small>" in devices
    assert "đang giám sát<small>đã tắt ghi hình, từ 23:35</small>" in devices
    # It was taken back.
    assert "hỏng bộ nhớ" not in devices


async def test_a_wrong_clock_is_told_with_what_to_do_and_a_right_one_is_not(
    admin: Reader,
) -> None:
    page = (await admin.get("/facilities/HY-VONG")).text
    assert "Đồng hồ chạy nhanh 45 giây – đặt lại giờ bằng NTP" in page
    assert page.count("Đồng hồ") == 2


async def test_a_facility_says_whether_it_must_sign_and_who_cannot(log_in: LogIn) -> None:
    leader = await log_in(town.LEADER)
    required = (await leader.get("/facilities/TT-QN")).text
    assert "Bắt buộc: chỉ tính những tin do thiết bị tự ký" in required
    assert "4 trong 6 thiết bị chưa có khóa: phong-ngu-cam-1, phong-ngu-cam-2" in required
    assert 'id="change-signature"' not in required
    assert "Chữ ký số" not in (await leader.get("/facilities/HOA-SEN")).text


async def test_who_demands_signatures_is_told_what_follows(admin: Reader) -> None:
    home = "/facilities/HOA-SEN"
    before = (await admin.get(home)).text
    assert "Thiết bị chưa có khóa, thiết bị kết nối qua bộ chuyển đổi" in before
    assert "6 thiết bị sẽ không được tính ngay lập tức" in before
    for wanted, word in (("yes", "Bắt buộc: chỉ tính"), ("no", "Không bắt buộc")):
        answer = await admin.post(f"{home}/signature", data={"required": wanted})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{home}#signature-title")
        assert word in (await admin.get(home)).text
    for nonsense in ({}, {"required": "perhaps"}):
        assert (await admin.post(f"{home}/signature", data=nonsense)).status_code == 422


async def test_a_manager_cannot_lift_the_demand_for_signatures(log_in: LogIn) -> None:
    manager = await log_in(town.MANAGER)
    page = (await manager.get("/facilities/HOA-SEN")).text
    assert 'id="signature"' in page
    assert 'id="change-signature"' not in page
    refused = await manager.post("/facilities/HOA-SEN/signature", data={"required": "no"})
    assert refused.status_code == 403
    foreign = await manager.post("/facilities/TT-QN/signature", data={"required": "no"})
    assert foreign.status_code == 404


async def test_a_facility_lists_signs_of_pretence_with_their_devices(admin: Reader) -> None:
    page = (await admin.get("/facilities/HOA-SEN")).text
    section = page[page.index('id="security"') : page.index('id="devices"')]
    assert section.index("Hai thiết bị cùng dùng một tên") < section.index("Chữ ký số không phải")
    assert 'href="/facilities/HOA-SEN/devices/sinh-hoat-cam-2"' in section
    assert 'id="security"' not in (await admin.get("/facilities/HY-VONG")).text


async def test_another_day_can_be_looked_at(admin: Reader) -> None:
    page = (await admin.get("/facilities/HOA-SEN?day=2026-11-22")).text
    assert "Chủ Nhật ngày 22 tháng 11 năm 2026" in page
    assert "?day=2026-11-21" in page


@pytest.mark.parametrize("day", ["1066-01-01", "9999-12-31"])
async def test_a_day_without_evidence_is_not_found(admin: Reader, day: str) -> None:
    assert (await admin.get(f"/facilities/HOA-SEN?day={day}")).status_code == 404


async def test_an_incident_tells_its_story_in_order(admin: Reader) -> None:
    page = (await admin.get("/incidents/3")).text
    story = page[page.index('id="timeline"') :]
    told = ["Ghi nhận sự cố", "Đã báo cơ sở", "Đã báo cán bộ xã", "Sự cố đã kết thúc"]
    places = [story.index(words) for words in told]
    assert places == sorted(places)


async def test_incidents_that_last_come_first(admin: Reader) -> None:
    page = (await admin.get("/incidents")).text
    assert page.index("Mái ấm Hoa Sen") < page.index("Trung tâm Bảo trợ")


async def test_taking_up_an_incident_is_seen_at_once(admin: Reader) -> None:
    note = "Đang gọi cơ sở"
    answer = await admin.post(
        "/incidents/1/acknowledge", data={"note": note, "back": "/incidents/1"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents/1")
    assert note in (await admin.get("/incidents/1")).text
    assert "Y Thu Hà đã nhận lúc 23:59" in (await admin.get("/")).text


async def test_quarantine_says_why_and_what_to_do(admin: Reader) -> None:
    page = (await admin.get("/quarantine")).text
    assert "Không đọc được tin" in page
    assert "Chỉnh lại đồng hồ" in page


async def test_a_blind_platform_says_so_and_blames_nobody(admin: Reader, clock: object) -> None:
    clock.advance(minutes=10)  # type: ignore[attr-defined] # a fixture of the folder above
    page = (await admin.get("/")).text
    assert "Hệ thống đang không nhận được dữ liệu" in page
    assert "không phải của cơ sở" in page
