from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from tests.services.api.console.conftest import LogIn, Reader
from tests.support import town

HERE = "/facilities/HOA-SEN/adapter-rules"
RULE = {
    "publisher": "hub",
    "dialect": "tasmota",
    "prefix": "",
    "name": "cua",
    "device": "sinh-hoat-cua",
}
TRIAL = {"publisher": "hub", "topic": "tele/cua/LWT", "payload": "Offline"}


@pytest.fixture(autouse=True)
async def hub(built: None, engine: AsyncEngine) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO device (facility_id, code, name, kind, interval_s, registered_at) "
                "SELECT id, 'hub', 'Bộ kết nối <nhà A>', 'gateway', 30, registered_at "
                "FROM facility WHERE code = 'HOA-SEN'"
            )
        )


async def set_aside(engine: AsyncEngine) -> None:
    """A message that spoke of a name without a rule."""
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "WITH entry AS (INSERT INTO quarantine (reason, topic, sample, count, first_at, "
                "last_at) VALUES ('wrong_topic', 'giamsat/v1/HOA-SEN/hub/tele/cong/LWT', 'Online', "
                "3, :at, :at) RETURNING id) "
                "INSERT INTO quarantine_message (quarantine_id, received_at, payload) "
                "SELECT id, :at, 'Online' FROM entry"
            ),
            {"at": town.ago(1)},
        )


async def test_the_page_is_reached_from_the_facility(admin: Reader) -> None:
    assert f'href="{HERE}"' in (await admin.get("/facilities/HOA-SEN")).text
    assert "Chưa có quy tắc nào" in (await admin.get(HERE)).text


async def test_a_rule_is_added_changed_and_removed(admin: Reader) -> None:
    added = await admin.post(HERE, data=RULE)
    assert (added.status_code, added.headers["location"]) == (303, HERE)
    page = (await admin.get(HERE)).text
    assert '<span class="code">cua</span>' in page
    assert "Bộ kết nối &lt;nhà A&gt;" in page
    changed = await admin.post(f"{HERE}/1/change", data={"device": "phong-ngu-cua"})
    assert changed.status_code == 303
    table = (await admin.get(HERE)).text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert "<small>Hành lang phòng ngủ</small>" in table
    removed = await admin.post(f"{HERE}/2/remove")
    assert removed.status_code == 303
    assert "Chưa có quy tắc nào" in (await admin.get(HERE)).text


async def test_a_name_that_has_a_meaning_is_refused_and_what_was_typed_is_kept(
    admin: Reader,
) -> None:
    await admin.post(HERE, data=RULE)
    again = await admin.post(HERE, data={**RULE, "device": "phong-ngu-cua"})
    assert again.status_code == 422
    assert "“cua” từ Bộ kết nối &lt;nhà A&gt; đã là Cảm biến cửa · Phòng sinh hoạt." in again.text
    assert 'value="cua"' in again.text
    any_other = {**RULE, "name": "*"}
    await admin.post(HERE, data=any_other)
    assert "Mọi tên khác từ" in (await admin.post(HERE, data=any_other)).text


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"prefix": "a/+"}, "không được có dấu +"),
        ({"name": "x" * 201}, "Ghi tên đúng như phần mềm ghi"),
        ({"device": "nobody"}, "Chọn thiết bị đang hoạt động"),
        ({"publisher": ""}, "Chọn bên gửi đang hoạt động"),
    ],
)
async def test_what_is_wrong_in_a_form_is_said_in_plain_words(
    admin: Reader, changed: dict[str, str], told: str
) -> None:
    refused = await admin.post(HERE, data={**RULE, **changed})
    assert refused.status_code == 422
    assert told in refused.text


async def test_a_pasted_message_is_told_in_words(admin: Reader) -> None:
    await admin.post(HERE, data=RULE)
    page = (await admin.post(f"{HERE}/test", data=TRIAL)).text
    assert "Đã hiểu: đây là tin của Tasmota." in page
    assert "Từ 23:59:55: đã tắt hoặc mất kết nối." in page
    await admin.get("/language/en")
    page = (await admin.post(f"{HERE}/test", data=TRIAL)).text
    assert "From 23:59:55 on: switched off or cut off. A hint, no evidence." in page


async def test_a_message_no_rule_knows_leads_to_the_rule_that_would(admin: Reader) -> None:
    page = (await admin.post(f"{HERE}/test", data=TRIAL)).text
    assert "Chưa có quy tắc nào cho chủ đề này." in page
    way = f"{HERE}?publisher=hub&amp;dialect=tasmota&amp;prefix=&amp;name=cua#add"
    assert way in page
    form = (await admin.get(way.replace("&amp;", "&"))).text
    assert '<option value="tasmota" selected>' in form


async def test_a_message_is_tried_with_a_rule_that_is_not_added_yet(admin: Reader) -> None:
    draft = {"draft_dialect": "tasmota", "draft_name": "*", "draft_device": "phong-ngu-cua"}
    page = (await admin.post(f"{HERE}/test", data={**TRIAL, **draft})).text
    assert "<strong>Cảm biến cửa · Hành lang phòng ngủ</strong>" in page
    assert "Chưa có quy tắc nào. Thiết bị" in page


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"topic": "giamsat/v1/BAN-MAI/hub/tele/cua/LWT"}, "thuộc cơ sở này"),
        ({"publisher": ""}, "Chọn bên gửi đang hoạt động"),
        ({"is_base64": "on", "payload": "%"}, "không phải base64"),
    ],
)
async def test_a_message_that_cannot_be_tried_is_refused_in_plain_words(
    admin: Reader, changed: dict[str, str], told: str
) -> None:
    refused = await admin.post(f"{HERE}/test", data={**TRIAL, **changed})
    assert refused.status_code == 422
    assert told in refused.text


async def test_a_name_without_a_device_is_assigned_and_its_messages_can_be_counted(
    admin: Reader, engine: AsyncEngine
) -> None:
    await set_aside(engine)
    page = (await admin.get(HERE)).text
    assert "1 tên chưa gán thiết bị" in page
    offered = {**RULE, "name": "cong"}
    fields = {f'name="{name}" value="{value}"' for name, value in offered.items()}
    assert {field for field in fields if field in page} == fields - {
        'name="device" value="sinh-hoat-cua"'
    }
    await admin.post(HERE, data=offered)
    page = (await admin.get(HERE)).text
    assert "chưa gán thiết bị" not in page
    assert "1 loại tin bị gạt lại nay đã hiểu được" in page
    assert 'href="/quarantine/3"' in page


async def test_rules_are_for_those_who_manage_the_devices_there(
    log_in: LogIn, engine: AsyncEngine
) -> None:
    leader = await log_in(town.LEADER)
    assert f'href="{HERE}"' not in (await leader.get("/facilities/HOA-SEN")).text
    attempts: list[tuple[str, dict[str, Any]]] = [
        (HERE, RULE), (f"{HERE}/test", TRIAL), (f"{HERE}/1/change", RULE), (f"{HERE}/1/remove", {})
    ]  # fmt: skip
    assert (await leader.get(HERE)).status_code == 403
    assert [(await leader.post(path, data=data)).status_code for path, data in attempts] == [
        403
    ] * 4
    await leader.post("/logout")
    officer = await log_in(town.OFFICER)
    assert (await officer.get(HERE)).status_code == 404
    assert [(await officer.post(path, data=data)).status_code for path, data in attempts] == [
        404
    ] * 4
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM adapter_rule")) == 0
