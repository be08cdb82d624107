from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from tests.services.api.console.conftest import LogIn, Reader
from tests.support import town

#: Of the small province: what Ban Mai's camera sent, and Hoa Sen's door sensor.
UNREADABLE, FUTURE = 1, 2


@pytest.fixture
async def kept(engine: AsyncEngine) -> None:
    async with unit_of_work(engine) as connection:
        for ago_h in (1, 2):
            await connection.execute(
                text(
                    "INSERT INTO quarantine_message (quarantine_id, received_at, payload) "
                    "VALUES (:entry, :at, 'not to be shown')"
                ),
                {"entry": UNREADABLE, "at": town.ago(ago_h)},
            )


async def served(engine: AsyncEngine) -> None:
    """As ingest does it."""
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "UPDATE quarantine SET replayed = 2, replayed_at = :at, "
                "served_request_id = (SELECT max(id) FROM replay_request)"
            ),
            {"at": town.NOW - timedelta(minutes=1)},
        )


async def test_the_list_leads_to_the_entry_and_says_whose_it_is(admin: Reader) -> None:
    page = (await admin.get("/quarantine")).text
    assert f'href="/quarantine/{UNREADABLE}"' in page
    assert "Nhà tình thương Ban Mai" in page


async def test_the_list_can_be_narrowed_by_facility_and_reason(admin: Reader) -> None:
    only = (await admin.get("/quarantine?facility=HOA-SEN&reason=")).text
    assert (f'href="/quarantine/{FUTURE}"' in only, f'href="/quarantine/{UNREADABLE}"' in only) == (
        True,
        False,
    )
    none = (await admin.get("/quarantine?facility=HOA-SEN&reason=clone")).text
    assert "Không có tin nào loại này bị gạt lại" in none


async def test_a_facility_can_only_be_chosen_by_who_sees_it(log_in: LogIn) -> None:
    manager = await log_in(town.MANAGER)
    page = (await manager.get("/quarantine")).text
    assert "Ban Mai" not in page
    assert "HOA-SEN" in page


async def test_many_entries_come_in_pages(admin: Reader, engine: AsyncEngine) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO quarantine (reason, topic, facility_code, device_code, sample, count, "
                "first_at, last_at) SELECT 'clone', 'giamsat/v1/HOA-SEN/d' || n || '/heartbeat', "
                "'HOA-SEN', 'd' || n, '', 1, :at, :at FROM generate_series(1, 51) AS n"
            ),
            {"at": town.NOW},
        )
    first = (await admin.get("/quarantine?reason=clone")).text
    assert first.count('href="/quarantine/') == 50
    start = first.index("/quarantine?reason=clone&amp;after=")
    older = first[start : first.index('"', start)].replace("&amp;", "&")
    assert (await admin.get(older)).text.count('href="/quarantine/') == 1


@pytest.mark.usefixtures("kept")
async def test_messages_are_read_once_more_at_the_press_of_a_button(
    admin: Reader, engine: AsyncEngine
) -> None:
    address = f"/quarantine/{UNREADABLE}"
    before = (await admin.get(address)).text
    assert "Đang giữ 2 tin trọn vẹn (30 byte), nhận lúc 21:59 – 22:59" in before
    assert "not to be shown" not in before
    answer = await admin.post(f"{address}/replay")
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert "Đã yêu cầu lúc 23:59:55" in (await admin.get(address)).text
    await served(engine)
    after = (await admin.get(address)).text
    assert "Đã đọc lại 2 tin, lần cuối lúc 23:58" in after
    assert "Đã yêu cầu" not in after


async def test_where_nothing_is_kept_the_page_says_so_and_offers_nothing(admin: Reader) -> None:
    address = f"/quarantine/{FUTURE}"
    page = (await admin.get(address)).text
    assert "Không còn giữ tin trọn vẹn nào" in page
    assert f'action="{address}/replay"' not in page
    assert (await admin.post(f"{address}/replay")).status_code == 303


async def test_an_entry_of_another_place_is_not_there(log_in: LogIn) -> None:
    manager = await log_in(town.MANAGER)
    assert (await manager.get(f"/quarantine/{FUTURE}")).status_code == 200
    assert (await manager.get(f"/quarantine/{UNREADABLE}")).status_code == 404
    assert (await manager.post(f"/quarantine/{UNREADABLE}/replay")).status_code == 404


async def test_what_was_sent_is_text_and_never_markup(admin: Reader) -> None:
    page = (await admin.get(f"/quarantine/{UNREADABLE}")).text
    assert "&lt;b&gt;not json" in page
