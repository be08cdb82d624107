import asyncio
import time

import pytest
from sqlalchemy import text

from shared.db.session import create_engine, unit_of_work
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
