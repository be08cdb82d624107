"""Rounds while ingest writes: it waits for no lock longer than a tenth of a second."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.cli.maintain import briefly, purge, queries
from services.cli.maintain import round as rounds
from shared.db.session import create_engine, reading, unit_of_work
from tests.conftest import Database
from tests.services.cli.maintain.conftest import NOW, Past
from tests.support.waiting import eventually

_UPSERT = text(
    """
    INSERT INTO device_day AS kept (device_id, day, watched, late, impaired, changed_at)
    SELECT id, CAST(:day AS date), '{}', '{}', '{}', :now FROM device
    ON CONFLICT (device_id, day) DO UPDATE SET
        watched = kept.watched + excluded.watched, changed_at = excluded.changed_at
    """
)
#: Days with a month of their own, one that is not there yet, and what only `_other` takes.
DAYS = (date(2030, 2, 3), date(2032, 2, 10), date(2099, 1, 1))
IMPATIENT = briefly.Patience(statement_ms=90, attempts=6, pause_s=0.05)


class Writer:
    """Upserts without pause, as ingest; whoever lets it wait for too long makes it fail."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.written = 0

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            async with unit_of_work(self._engine) as connection:
                await connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
                for day in DAYS:
                    await connection.execute(_UPSERT, {"day": day, "now": NOW})
            self.written += 1
            await asyncio.sleep(0)


@pytest.fixture
async def ingest(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database.url_of_service("ingest"), application="ingest")
    yield engine
    await engine.dispose()


@asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[Writer]:
    """Fails at the end if a single write failed."""
    stop, writer = asyncio.Event(), Writer(engine)
    async with asyncio.TaskGroup() as group:
        group.create_task(writer.run(stop))
        yield writer
        stop.set()


async def test_ingest_goes_on_while_months_are_made_and_go(past: Past, ingest: AsyncEngine) -> None:
    await past.hold(date(2029, 12, 5), date(2029, 12, 6), facility=past.sunny)
    async with writing(ingest) as writer:
        report = await rounds.run(past.engine, now=NOW)
        at_the_end = writer.written
    assert at_the_end > 20
    assert not report.unfinished
    assert "device_day_2030_01" not in await past.parts()
    assert "device_day_2032_02" in await past.parts()
    assert await past.months() == {
        "2029-12": 2, "2030-02": 56, "2030-03": 62, "2032-02": 2, "2099-01": 2,
    }  # fmt: skip


async def test_a_round_gives_way_to_a_long_reader_and_so_ingest_never_queues_behind_it(
    past: Past, ingest: AsyncEngine
) -> None:
    async with reading(past.engine) as reader:
        await reader.execute(text("SELECT count(*) FROM device_day"))
        async with writing(ingest) as writer:
            with pytest.raises(briefly.BusyError):
                await briefly.briefly(past.engine, "it", _drop_january, IMPATIENT)
            at_the_end = writer.written
    assert at_the_end > 5
    assert "device_day_2030_01" in await past.parts()
    await rounds.run(past.engine, now=NOW)
    assert "device_day_2030_01" not in await past.parts()


async def test_a_purge_waits_for_whoever_is_about_to_place_a_hold(past: Past) -> None:
    async with reading(past.engine) as connection:
        found = await purge.prospects(connection, today=NOW.date())
    (december,) = (p for p in found if p.part.name == "device_day_2029_12")
    async with unit_of_work(past.engine) as holding:
        await holding.execute(
            text(
                "INSERT INTO legal_hold (first_day, reason, placed_by, placed_at) "
                "VALUES ('2029-12-31', 'a case', :user, :now)"
            ),
            {"user": past.user, "now": NOW},
        )
        purging = asyncio.create_task(purge.carry_out(past.engine, december, now=NOW))
        await eventually(lambda: _is_waited_for(past))
        assert not purging.done()
    assert await purging == 0
    assert (await past.months())["2029-12"] == 62


async def _is_waited_for(past: Past) -> bool:
    found = await past.rows(
        "SELECT 1 FROM pg_locks WHERE relation = CAST('legal_hold' AS regclass) AND NOT granted"
    )
    return bool(found)


async def _drop_january(connection: AsyncConnection) -> None:
    await queries.drop(connection, "device_day_2030_01")
