"""Whoever hangs up in mid-query leaves nothing behind: no transaction, no setting, no row."""

import asyncio
import random
from contextlib import AsyncExitStack, suppress

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from shared.db import session
from shared.db.row_security.reach import REACHES
from shared.db.session import Asker
from tests.conftest import Database
from tests.disconnects.stage import storm_over
from tests.disconnects.storm import POOL
from tests.support.broker import Broker
from tests.support.people import Province

#: What a transaction tells the database about who asks; of nobody's any more once it has ended.
SETTINGS = ["giamsat.actor"] + [
    f"giamsat.{kind}_{reach}" for kind in ("everywhere", "units", "facilities") for reach in REACHES
]
CUT_OFF = 300
#: As many connections as the engine of a test has.
POOL_IN_PROCESS = 5


@pytest.mark.timeout(200)
def test_callers_who_hang_up_leave_nothing_behind(database: Database, api_broker: Broker) -> None:
    with storm_over(database.server, database.name, api_broker, count=CUT_OFF, seed=7) as storm:
        after = asyncio.run(storm.run())
    assert after.disconnects == CUT_OFF
    assert after.answers > POOL
    assert (after.leaks, after.open_transactions, after.usable) == ([], 0, POOL)


async def test_cancelled_work_leaves_no_transaction_and_no_setting(
    resources: Resources, province: Province, engine: AsyncEngine
) -> None:
    """In the process itself: wherever a task is when it is cancelled."""
    chance = random.Random(11)  # noqa: S311 - to be repeated
    asker = Asker(f"user:{province.user_ids['officer']}", resources.now())

    async def read() -> None:
        async with session.reading(resources.engine, asker) as connection:
            await connection.execute(text("SELECT count(*), pg_sleep(0.01) FROM facility"))

    async def change() -> None:
        async with session.unit_of_work(resources.engine, asker) as connection:
            await connection.execute(text("UPDATE facility SET name = 'cut off'"))
            await connection.execute(text("SELECT pg_sleep(0.01)"))
            raise AssertionError("nobody waits for it")

    for number in range(CUT_OFF):
        task = asyncio.create_task(change() if number % 3 == 0 else read())
        await asyncio.sleep(chance.random() * 0.012)
        task.cancel()
        with suppress(asyncio.CancelledError, AssertionError):
            await task

    assert await kept_settings(resources) == set()
    async with engine.connect() as connection:
        left = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND usename = 'giamsat_api' AND state LIKE 'idle in transaction%'"
        )
        assert await connection.scalar(left) == 0
        changed = text("SELECT count(*) FROM facility WHERE name = 'cut off'")
        assert await connection.scalar(changed) == 0


async def kept_settings(resources: Resources) -> set[str]:
    """Of any connection of the pool, in a transaction in nobody's name."""
    kept = set()
    async with AsyncExitStack() as stack:
        for _ in range(POOL_IN_PROCESS):
            connection = await stack.enter_async_context(session.unit_of_work(resources.engine))
            for name in SETTINGS:
                value = await connection.scalar(
                    text("SELECT current_setting(:name, true)"), {"name": name}
                )
                kept |= {name} if value else set()
    return kept


async def test_a_setting_that_stays_would_be_noticed(resources: Resources) -> None:
    async with session.unit_of_work(resources.engine) as connection:
        await connection.execute(text("SELECT set_config('giamsat.actor', 'user:1', false)"))
    assert await kept_settings(resources) == {"giamsat.actor"}
