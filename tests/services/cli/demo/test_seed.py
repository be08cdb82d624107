from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.tell.outbox import Sender
from services.alerts.tick import Holder, tick
from services.cli.demo import history, passwords, seed
from services.cli.demo.province import FACILITIES
from services.cli.secret_files import SecretFiles
from shared.db.session import reading, unit_of_work
from shared.db.tables.alerting import event, gap, incident
from shared.db.tables.outbox import notification

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SENDER = Sender("giamsat.example", "http://127.0.0.1:8080")


@pytest.fixture
async def seeded(engine: AsyncEngine, tmp_path_factory: pytest.TempPathFactory) -> AsyncEngine:
    made = passwords.kept(SecretFiles(tmp_path_factory.mktemp("secrets")))
    await seed.seed(engine, made, console_url=SENDER.console_url, now=NOW)
    return engine


async def test_the_past_was_judged_as_alerts_would_have(seeded: AsyncEngine) -> None:
    async with reading(seeded) as connection:
        found = await connection.execute(
            text(
                "SELECT f.code, g.state, count(*) FROM gap g "
                "JOIN facility f ON f.id = g.facility_id "
                "GROUP BY 1, 2 ORDER BY 1, 2"
            )
        )
        causes = await connection.execute(select(incident.c.cause, incident.c.state))
        pending = await connection.scalar(
            select(func.count()).select_from(notification).where(notification.c.state != "sent")
        )
    assert [tuple(row) for row in found] == [("ban-mai", "closed", 2), ("hoa-mai", "repaired", 3)]
    assert sorted(tuple(row) for row in causes) == [
        ("facility_silent", "resolved"),
        ("facility_silent", "resolved"),
        ("platform_blind", "resolved"),
    ]
    assert pending == 0


async def test_judging_the_past_again_changes_nothing(seeded: AsyncEngine) -> None:
    async with unit_of_work(seeded) as connection:
        before = await connection.scalar(select(func.count()).select_from(event))
        await connection.execute(
            text("UPDATE alert_lease SET judged_until = :then"), {"then": NOW - history.LENGTH}
        )
    for _ in range(30):
        await tick(seeded, Holder("again"), SENDER, NOW + timedelta(seconds=6))
    async with reading(seeded) as connection:
        after = await connection.scalar(select(func.count()).select_from(event))
        open_gaps = await connection.scalar(
            select(func.count()).select_from(gap).where(gap.c.state == "open")
        )
    assert (after, open_gaps) == (before, 0)


async def test_the_province_is_made_once_and_watched_to_the_end(seeded: AsyncEngine) -> None:
    assert not await seed.is_needed(seeded)
    async with reading(seeded) as connection:
        watching = await connection.scalar(
            text("SELECT count(*) FROM device_day WHERE upper(watched) = :now"), {"now": NOW}
        )
    assert watching == sum(len(place.devices) + 1 for place in FACILITIES)
