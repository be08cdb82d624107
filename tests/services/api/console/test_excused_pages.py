"""Excused time on pages: beside what was not watched, and never instead of it."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from tests.services.api.console.conftest import LogIn
from tests.support import town

HOUR = timedelta(hours=1)
ZONE = "/facilities/HOA-SEN/zones/sinh-hoat"


@pytest.fixture
async def corrected(engine: AsyncEngine, log_in: LogIn) -> LogIn:
    """Hoa Sen, dark since 22:23, was in maintenance from 23:00 on; until then it is corrected."""
    await log_in(town.LEADER)
    for kind, start, end, decided in (
        ("maintenance", 1.0, -2.0, 1.0),
        ("correction", 2.0, 1.0, 0.5),
    ):
        async with unit_of_work(engine) as connection:
            await connection.execute(
                text(
                    "INSERT INTO approval (kind, subject, facility_id, reason, requested_by, "
                    "requested_at, starts_at, ends_at, expires_at, decision, decided_by, "
                    "decided_at) SELECT :kind, '{}', f.id, 'Thay dây mạng', m.id, :asked, :start, "
                    ":end, :end, 'approved', o.id, :decided FROM facility f, user_account m, "
                    "user_account o WHERE f.code = 'HOA-SEN' AND m.email = :manager "
                    "AND o.email = :leader"
                ),
                {
                    "kind": kind,
                    "asked": town.NOW - (3 if kind == "maintenance" else 0.8) * HOUR,
                    "start": town.NOW - start * HOUR,
                    "end": town.NOW - end * HOUR,
                    "decided": town.NOW - decided * HOUR,
                    "manager": town.MANAGER,
                    "leader": town.LEADER,
                },
            )
    return log_in


async def test_the_overview_says_what_was_excused_of_the_unwatched_time(corrected: LogIn) -> None:
    page = (await (await corrected(town.LEADER)).get("/")).text
    assert "Đang mất giám sát" in page
    assert "bảo trì đã duyệt · đã báo" in page
    assert "trong đó miễn trừ 1 giờ 35 phút" in page
    assert 'class="excused"' in page


async def test_a_zones_page_shows_its_day_and_figures_that_add_up(corrected: LogIn) -> None:
    page = (await (await corrected(town.LEADER)).get(ZONE)).text
    for told in (
        "22 giờ 24 phút 2 giây",
        "trong đó miễn trừ 1 giờ 35 phút 58 giây",
        "36 phút chỉ được miễn trừ về sau",
        "được miễn trừ về sau, bằng đính chính",
    ):
        assert told in page, told


async def test_the_day_before_shows_nothing_of_it(corrected: LogIn) -> None:
    page = (await (await corrected(town.LEADER)).get(f"{ZONE}?day=2026-11-20")).text
    assert "miễn trừ" not in page
    assert "22/11/2026" not in page


async def test_lists_and_devices_say_it_too(corrected: LogIn) -> None:
    reader = await corrected(town.LEADER)
    for path in (
        "/facilities",
        "/facilities/HOA-SEN",
        "/facilities/HOA-SEN/devices/sinh-hoat-cam-1",
    ):
        assert "miễn trừ 1 giờ 35 phút" in (await reader.get(path)).text, path


async def test_whoever_asks_for_a_window_in_the_past_learns_of_corrections(
    log_in: LogIn,
) -> None:
    reader = await log_in(town.MANAGER)
    local = town.NOW + timedelta(hours=7)
    given = {
        "kind": "maintenance", "place": "facility:HOA-SEN", "reason": "Thay dây mạng",
        "starts_at": f"{local - 2 * HOUR:%Y-%m-%dT%H:%M}",
        "ends_at": f"{local + 2 * HOUR:%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    refused = await reader.post("/approvals", data=given)
    assert refused.status_code == 422
    assert "ask for a correction once it is over" in refused.text
    corrected = {**given, "kind": "correction", "ends_at": f"{local - HOUR:%Y-%m-%dT%H:%M}"}
    assert (await reader.post("/approvals", data=corrected)).status_code == 303
