"""The real worker and a real database: who came by becomes coverage of the place."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.session import unit_of_work
from shared.runtime import clock
from tests.conftest import Database
from tests.services.ingest.test_worker import a_worker, broker, seconds_covered, settings_for
from tests.support.broker import Broker
from tests.support.registry import register
from tests.support.waiting import eventually

__all__ = ["broker"]


@pytest.fixture
async def point(engine: AsyncEngine) -> int:
    """A round point in a zone; its device's id."""
    ids = await register(engine)
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO user_account (email, name, language, password_hash, created_at) "
                "VALUES ('nurse@giamsat.example', 'Nurse', 'vi', 'no password', now())"
            )
        )
        found = await connection.scalar(
            text(
                "INSERT INTO device (facility_id, code, name, kind, zone_id, interval_s, "
                "registered_at) VALUES (:facility, 'ROUND-1', 'Cầu thang', 'round_point', :zone, "
                "86400, '2026-01-01') RETURNING id"
            ),
            {"facility": ids.facility, "zone": ids.zone},
        )
    return int(found or 0)


async def check_in(connection: AsyncConnection, point: int, at: datetime) -> None:
    await connection.execute(
        text(
            "INSERT INTO round_check_in (device_id, user_id, checked_at) "
            "SELECT :point, id, :at FROM user_account"
        ),
        {"point": point, "at": at},
    )


async def come_by(engine: AsyncEngine, point: int, *, ago: timedelta = timedelta(0)) -> None:
    async with unit_of_work(engine) as connection:
        await check_in(connection, point, clock.now() - ago)


async def spans(engine: AsyncEngine, point: int, column: str) -> float:
    async with engine.connect() as connection:
        found = await connection.scalar(
            text(
                f"SELECT sum(extract(epoch FROM upper(r) - lower(r))) FROM device_day, "  # noqa: S608 - our own column
                f"unnest({column}) r WHERE device_id = :point"
            ),
            {"point": point},
        )
    return float(found or 0)


async def test_a_check_in_becomes_a_minute_of_live_coverage(
    engine: AsyncEngine, database: Database, broker: Broker, point: int
) -> None:
    async with a_worker(database, broker):
        await come_by(engine, point)
        assert await eventually(seconds_covered(engine, point)) == 60
    assert await spans(engine, point, "late") == 0


async def test_one_made_while_ingest_stood_still_is_late_and_counts_once(
    engine: AsyncEngine, database: Database, broker: Broker, point: int
) -> None:
    await come_by(engine, point, ago=timedelta(minutes=20))
    for _ in range(2):
        async with a_worker(database, broker):
            assert await eventually(seconds_covered(engine, point)) == 60
    assert await spans(engine, point, "late") == 60


async def test_what_is_settled_is_not_read_again_after_a_restart(
    engine: AsyncEngine, database: Database, broker: Broker, point: int
) -> None:
    await come_by(engine, point, ago=timedelta(minutes=20))

    async def settled() -> int:
        async with engine.connect() as connection:
            return int(await connection.scalar(text("SELECT settled_to FROM round_intake")) or 0)

    async with a_worker(database, broker):
        assert await eventually(settled) == 1
    async with unit_of_work(engine) as connection:
        await connection.execute(text("DELETE FROM device_day"))
    async with a_worker(database, broker):
        await come_by(engine, point)
        await eventually(seconds_covered(engine, point))
    assert await spans(engine, point, "late") == 0


async def test_one_that_is_committed_after_a_later_one_is_not_missed(
    engine: AsyncEngine, database: Database, broker: Broker, point: int
) -> None:
    now = clock.now()
    async with a_worker(database, broker), engine.connect() as slow:
        async with slow.begin():
            await check_in(slow, point, now - timedelta(seconds=100))
            await come_by(engine, point)
            assert await eventually(seconds_covered(engine, point)) == 60
        covered = seconds_covered(engine, point)

        async def both() -> bool:
            return await covered() == 120

        assert await eventually(both)


async def test_two_workers_at_once_count_it_once(
    engine: AsyncEngine, database: Database, broker: Broker, point: int
) -> None:
    beside = settings_for(database, broker).model_copy(update={"slot": 1})
    async with a_worker(database, broker), a_worker(database, broker, settings=beside):
        await come_by(engine, point)
        assert await eventually(seconds_covered(engine, point)) == 60
