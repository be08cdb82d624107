import asyncio
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.session import create_engine, reading, unit_of_work
from tests.conftest import Database
from tests.support.tcp_proxy import Conditions, TcpProxy, Way


async def test_a_database_that_says_nothing_is_given_up_and_found_again(
    database: Database,
) -> None:
    async with TcpProxy(database.server.port) as line:
        url = database.url.replace(f":{database.server.port}/", f":{line.port}/")
        engine = create_engine(url, application="tests", answer_within_s=0.2)

        async def ask() -> None:
            async with unit_of_work(engine) as connection:
                await connection.execute(text("SELECT 1"))

        await ask()
        line.conditions = Conditions(swallows=frozenset(Way))
        started_s = time.monotonic()
        with pytest.raises(TimeoutError):
            await ask()
        assert time.monotonic() - started_s < 4
        line.restore()
        await ask()
        await engine.dispose()


async def manner_of(connection: AsyncConnection) -> tuple[int, str, str]:
    """On which connection, how isolated, and whether it may only read."""
    row = await connection.execute(
        text(
            "SELECT pg_backend_pid(), current_setting('transaction_isolation'),"
            " current_setting('transaction_read_only')"
        )
    )
    number, isolation, is_read_only = row.one()
    return number, isolation, is_read_only


async def test_a_view_is_of_one_moment_and_the_connection_writes_again_afterwards(
    database: Database,
) -> None:
    engine = create_engine(database.url, application="tests", pool_size=1)
    async with reading(engine) as connection:
        number, *viewing = await manner_of(connection)
    async with unit_of_work(engine) as connection:
        again, *working = await manner_of(connection)
    await engine.dispose()
    assert viewing == ["repeatable read", "on"]
    assert working == ["read committed", "off"]
    assert again == number


async def test_a_view_that_somebody_tries_to_write_in_spoils_nothing(database: Database) -> None:
    engine = create_engine(database.url, application="tests", pool_size=1)
    write = text("UPDATE registry_version SET version = version")
    with pytest.raises(DBAPIError, match="read-only transaction"):
        async with reading(engine) as connection:
            await connection.execute(write)
    async with unit_of_work(engine) as connection:
        await connection.execute(write)
    await engine.dispose()


async def test_who_falls_silent_in_a_transaction_keeps_no_locks(database: Database) -> None:
    lock = text("LOCK TABLE registry_version IN EXCLUSIVE MODE")
    async with TcpProxy(database.server.port) as line:
        url = database.url.replace(f":{database.server.port}/", f":{line.port}/")
        silent = create_engine(url, application="tests", answer_within_s=0.3)
        other = create_engine(database.url, application="tests")
        is_locked = asyncio.Event()

        async def lock_and_say_no_more() -> None:
            async with unit_of_work(silent) as connection:
                await connection.execute(lock)
                line.conditions = Conditions(swallows=frozenset(Way))
                is_locked.set()
                await asyncio.Event().wait()

        holding = asyncio.create_task(lock_and_say_no_more())
        await is_locked.wait()
        async with unit_of_work(other) as connection:
            await connection.execute(lock)
        holding.cancel()
        await asyncio.wait([holding])
        await silent.dispose()
        await other.dispose()
