"""A line that goes dead in the midst of a statement leaves locks that the server never releases."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest import abandoned
from shared.db.session import create_engine
from tests.conftest import Database
from tests.support.waiting import eventually

PATIENCE_S = 0.3
#: Locks the row, and is answered.
LOCK = "INSERT INTO ingest_worker VALUES (7, 'silent', now(), now(), now())"


@pytest.fixture
async def ours(database: Database) -> AsyncIterator[AsyncEngine]:
    """The engine of a worker whose server waits so long for the rest of a transaction."""
    engine = create_engine(
        database.url_of_service("ingest"), application="ingest", answer_within_s=PATIENCE_S
    )
    yield engine
    await engine.dispose()


async def a_line(database: Database) -> asyncpg.Connection:
    """Another worker's connection, in a transaction that holds a lock."""
    line = await asyncpg.connect(
        database.url_of_service("ingest"),
        server_settings={
            "application_name": "giamsat-ingest",
            "idle_in_transaction_session_timeout": str(round(PATIENCE_S * 1000)),
            "statement_timeout": "100",
        },
    )
    await line.execute("BEGIN")
    await line.execute(LOCK)
    return line


def states(engine: AsyncEngine, line: asyncpg.Connection) -> Callable[[], Awaitable[str | None]]:
    async def ask() -> str | None:
        async with engine.connect() as connection:
            state: str | None = await connection.scalar(
                text("SELECT state FROM pg_stat_activity WHERE pid = :pid"),
                {"pid": line.get_server_pid()},
            )
        return state

    return ask


async def test_a_statement_that_was_begun_and_never_executed_is_ended_with_its_locks(
    database: Database, engine: AsyncEngine, ours: AsyncEngine
) -> None:
    line = await a_line(database)
    # The server has parsed it and waits to be told what it shall do with it: a real client goes on
    # at once, unless it is frozen, or nobody hears it any more.
    await line.prepare("SELECT 1")
    state = states(engine, line)

    async def is_ended() -> bool:
        return await abandoned.end_all(ours) == 1

    assert await state() == "active"
    await eventually(is_ended)

    async def is_gone() -> bool:
        return await state() is None

    assert await eventually(is_gone)
    async with engine.begin() as connection:
        await connection.execute(text(LOCK))  # waits for nobody
    line.terminate()


async def test_the_server_does_not_do_so_itself(database: Database, engine: AsyncEngine) -> None:
    """Why this must be done at all: if this fails one day, it need not be done any longer."""
    line = await a_line(database)
    await line.prepare("SELECT 1")
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_sleep(:long)"), {"long": 3 * PATIENCE_S})
    assert await states(engine, line)() == "active"
    line.terminate()


async def test_whoever_works_or_rests_is_left_alone(
    database: Database, engine: AsyncEngine, ours: AsyncEngine
) -> None:
    async with engine.connect() as holder, ours.connect() as idle:
        await idle.execute(text("SELECT 1"))
        await idle.rollback()
        await holder.execute(text("LOCK TABLE device_day IN ACCESS EXCLUSIVE MODE"))
        line = await asyncpg.connect(
            database.url_of_service("ingest"),
            server_settings={"application_name": "giamsat-ingest"},
        )
        # Waits for a lock, not for its client.
        asking = asyncio.create_task(line.execute("SELECT count(*) FROM device_day"))
        await holder.execute(text("SELECT pg_sleep(:long)"), {"long": 2 * PATIENCE_S})
        assert await abandoned.end_all(ours) == 0
        await holder.rollback()
        assert await asking
        await line.close()
