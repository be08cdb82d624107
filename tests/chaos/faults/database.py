"""What happens to PostgreSQL, and on the way there."""

import asyncio
from typing import Final

from tests.chaos.faults.links import swallowed
from tests.chaos.stage import Stage
from tests.support.tcp_proxy import Ambush, Conditions, Way

COMMIT_WITHIN_S: Final = 10.0


async def postgres_killed(stage: Stage) -> None:
    """F38: the whole server."""
    await stage.house.server.kill()
    stage.casebook.kills += 1
    stage.house.server.start()


async def backend_killed(stage: Stage) -> None:
    """F38: one connection of ingest; the server ends the others and recovers."""
    if await stage.house.server.kill_backend(stage.database, stage.rng):
        stage.casebook.kills += 1


async def commit_unanswered(stage: Stage) -> None:
    """F39: the database commits, and nobody hears it."""
    await _sprung(stage.to_database.cut_before_reply())


async def commit_undelivered(stage: Stage) -> None:
    """F39: the same seen from here, but nothing is committed."""
    await _sprung(stage.to_database.cut_before_request())


async def _sprung(ambush: Ambush) -> None:
    await asyncio.wait_for(ambush.is_sprung.wait(), COMMIT_WITHIN_S)


async def database_away(stage: Stage) -> None:
    """F40: cut, and refusing for a while."""
    line = stage.to_database
    line.conditions = Conditions(is_refusing=True)
    line.cut()
    await asyncio.sleep(stage.rng.uniform(0.2, 1.5))
    line.restore()


async def database_slow(stage: Stage) -> None:
    """F42: every statement takes longer."""
    stage.to_database.conditions = Conditions(latency_s=stage.rng.uniform(0.01, 0.1))
    await asyncio.sleep(1.5)
    stage.to_database.restore()


async def database_half_open(stage: Stage) -> None:
    """F27: between workers and database."""
    ways = stage.rng.choice((frozenset(Way), frozenset({Way.UP}), frozenset({Way.DOWN})))
    await swallowed(stage, stage.to_database, ways)


async def transaction_abandoned(stage: Stage) -> None:
    """F27 at the worst moment: a worker's line goes dead between parsing and execution, and what
    its transaction has locked stays so. Whoever it was, nobody hears of it again.
    """
    line = await stage.silent_line()
    await line.execute("BEGIN; LOCK TABLE device_day IN EXCLUSIVE MODE")
    await line.prepare("SELECT 1")
