"""The step to monthly parts and back, with ingest writing all the while."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db import migrate, partitions
from shared.db.session import create_engine, unit_of_work
from shared.domain.retention import Dataset
from tests.conftest import Database
from tests.support.registry import register

NOW = datetime(2026, 11, 20, tzinfo=UTC)
_FILL = text(
    """
    INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at, corrected_at)
    SELECT id, day, tstzmultirange(tstzrange(day, day + interval '1 day')), '{}', '{}', day, day
    FROM generate_series(1, 500) AS it (id),
         generate_series(timestamptz '2026-08-01', '2026-11-20', '1 day') AS days (day)
    """
)
_FAULTS = text(
    "INSERT INTO device_fault (device_id, day, fault, spans) "
    "SELECT device_id, day, 'dark', watched FROM device_day WHERE device_id = 1"
)
_UPSERT = text(
    """
    INSERT INTO device_day AS kept (device_id, day, watched, late, impaired, changed_at)
    SELECT id, CAST(:day AS date), '{}', '{}', '{}', :now FROM device
    ON CONFLICT (device_id, day) DO UPDATE SET
        watched = kept.watched + excluded.watched, changed_at = excluded.changed_at
    """
)
_SUM = text(
    "SELECT count(*), sum(hashtext(CAST(it AS text))) FROM ("
    "SELECT device_id, day, watched, late, impaired, changed_at, corrected_at, proven "
    "FROM device_day WHERE device_id > 1) AS it"
)


def to_months(connection: Connection) -> None:
    command.upgrade(migrate.alembic_config(connection), "0008")


def to_before_months(connection: Connection) -> None:
    command.downgrade(migrate.alembic_config(connection), "0007")


async def step_back(engine: AsyncEngine) -> None:
    async with unit_of_work(engine) as connection:
        await connection.run_sync(to_before_months)


async def content(engine: AsyncEngine) -> tuple[object, ...]:
    """Of all devices but the one that is written."""
    async with engine.connect() as connection:
        return tuple((await connection.execute(_SUM)).one())


@pytest.fixture
async def before_months(engine: AsyncEngine) -> AsyncEngine:
    """A release ago, with four months on record."""
    await register(engine, "CAM-1")
    await step_back(engine)
    async with unit_of_work(engine) as connection:
        for statement in (_FILL, _FAULTS):
            await connection.execute(statement)
    return engine


@pytest.fixture
async def ingest(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database.url_of_service("ingest"), application="ingest")
    yield engine
    await engine.dispose()


async def write(engine: AsyncEngine, stop: asyncio.Event, written: asyncio.Queue[date]) -> None:
    """As the release before would, failing if it must wait for a second."""
    days = [date(2026, 11, 20), date(2026, 8, 2), date(2027, 2, 3), date(2031, 1, 1)]
    while not stop.is_set():
        async with unit_of_work(engine) as connection:
            await connection.execute(text("SET LOCAL lock_timeout = '1s'"))
            for day in days:
                await connection.execute(_UPSERT, {"day": day, "now": NOW})
        written.put_nowait(days[-1])


async def test_ingest_writes_on_while_its_tables_are_parted(
    before_months: AsyncEngine, ingest: AsyncEngine
) -> None:
    before = await content(before_months)
    stop, written = asyncio.Event(), asyncio.Queue[date]()
    async with asyncio.TaskGroup() as group:
        group.create_task(write(ingest, stop, written))
        await written.get()
        async with unit_of_work(before_months) as connection:
            await connection.run_sync(to_months)
        while not written.empty():
            written.get_nowait()
        await written.get()
        stop.set()
    await migrate.run(before_months)
    assert await content(before_months) == before
    async with before_months.connect() as connection:
        parts = await partitions.of_table(connection, Dataset.DEVICE_DAY)
        faults = await connection.scalar(text("SELECT count(*) FROM device_fault"))
    assert len(parts) > 4
    assert faults == 112


async def test_stepping_back_loses_nothing(before_months: AsyncEngine) -> None:
    before = await content(before_months)
    await migrate.run(before_months)
    await step_back(before_months)
    assert await content(before_months) == before
    await migrate.run(before_months)
    assert await content(before_months) == before


async def test_a_day_of_any_date_has_a_place(engine: AsyncEngine, ingest: AsyncEngine) -> None:
    await register(engine, "CAM-1")
    days = [date(1, 1, 1), date(2026, 11, 20), date(2027, 1, 31), date(9999, 12, 31)]
    async with unit_of_work(ingest) as connection:
        for day in days * 2:
            await connection.execute(_UPSERT, {"day": day, "now": NOW})
    async with engine.connect() as connection:
        found = await connection.execute(text("SELECT day FROM device_day ORDER BY day"))
        assert list(found.scalars()) == days


async def test_a_service_cannot_reach_a_part_around_its_table(ingest: AsyncEngine) -> None:
    async with ingest.connect() as connection:
        reachable = await connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' "
                "AND has_table_privilege(oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')"
            )
        )
        assert list(reachable.scalars()) == []
