"""What happens to the ingest workers."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from typing import Final

from tests.chaos.stage import Stage
from tests.chaos.strikes import Point, Strike
from tests.chaos.worker import DEAD_AFTER_S

SLOTS: Final = (0, 1)
STRIKE_WITHIN_S: Final = 10.0

Fault = Callable[[Stage], Awaitable[None]]


def struck_at(point: Point) -> Fault:
    """A worker dies at that point, one to three passes after its start."""

    async def fault(stage: Stage) -> None:
        rng, slot = stage.rng, stage.rng.choice(SLOTS)
        strike = Strike(point, rng.randint(1, 3), delay_us=_microseconds(rng))
        await stage.end_worker(slot, signal.SIGTERM, within_s=15)
        worker = await stage.begin_worker(slot, strike)
        try:
            await asyncio.wait_for(asyncio.shield(worker.ended), STRIKE_WITHIN_S)
            stage.casebook.trials[point] += 1
            stage.casebook.kills += 1
        except TimeoutError:
            stage.casebook.surprises[f"{point} was not reached"] += 1
            await stage.end_worker(slot, signal.SIGKILL, within_s=5)
        await stage.begin_worker(slot)

    return fault


def _microseconds(rng: random.Random) -> int:
    """A flush takes some milliseconds, more when the machine is busy."""
    return rng.randrange(rng.choice((200, 2_000, 20_000)))


async def worker_killed_any_time(stage: Stage) -> None:
    """kill -9 from outside, whatever it does."""
    slot = stage.rng.choice(SLOTS)
    await asyncio.sleep(stage.rng.uniform(0, 0.2))
    await stage.end_worker(slot, signal.SIGKILL, within_s=5)
    stage.casebook.kills += 1
    await stage.begin_worker(slot)


async def all_workers_killed(stage: Stage) -> None:
    for slot in SLOTS:
        await stage.end_worker(slot, signal.SIGKILL, within_s=5)
        stage.casebook.kills += 1
    await asyncio.sleep(stage.rng.uniform(0, 0.5))
    for slot in SLOTS:
        await stage.begin_worker(slot)


async def workers_away(stage: Stage) -> None:
    """F24: nobody works for so long that what waits at the broker is old news."""
    for slot in SLOTS:
        await stage.end_worker(slot, signal.SIGTERM, within_s=10)
    await asyncio.sleep(stage.rng.uniform(8, 14))
    for slot in SLOTS:
        await stage.begin_worker(slot)


async def worker_deployed(stage: Stage) -> None:
    """F6: SIGTERM; it ends by itself, and well."""
    slot = stage.rng.choice(SLOTS)
    code = await stage.end_worker(slot, signal.SIGTERM, within_s=10)
    if code != 0:
        stage.casebook.surprises[f"SIGTERM ended a worker with {code}"] += 1
    await stage.begin_worker(slot)


async def worker_paused(stage: Stage) -> None:
    """F7: SIGSTOP and CONT, for less than the broker's patience."""
    worker = stage.workers[stage.rng.choice(SLOTS)]
    worker.send(signal.SIGSTOP)
    await asyncio.sleep(stage.rng.uniform(0.2, 1.5))
    worker.send(signal.SIGCONT)


async def zombie(stage: Stage) -> None:
    """F7: a paused worker is replaced, and wakes up with a batch in its hands."""
    slot = stage.rng.choice(SLOTS)
    former = stage.workers[slot]
    former.send(signal.SIGSTOP)
    await asyncio.sleep(stage.rng.uniform(0.05, 0.3))
    await stage.begin_worker(slot)
    await asyncio.sleep(stage.rng.uniform(0.2, 0.8))
    former.send(signal.SIGCONT)
    await asyncio.sleep(stage.rng.uniform(0.2, 0.8))
    if former.is_alive:
        former.send(signal.SIGKILL)
    await former.ended


async def worker_replaced(stage: Stage) -> None:
    """F7: paused for so long that another worker hands on what was its, and retires its slot."""
    slot = stage.rng.choice(SLOTS)
    former = stage.workers[slot]
    former.send(signal.SIGSTOP)
    await asyncio.sleep(stage.rng.uniform(2, 3) * DEAD_AFTER_S)
    former.send(signal.SIGCONT)
    try:
        await asyncio.wait_for(asyncio.shield(former.ended), STRIKE_WITHIN_S)
    except TimeoutError:
        stage.casebook.surprises["a worker was not replaced"] += 1
    await stage.end_worker(slot, signal.SIGKILL, within_s=5)
    await stage.begin_worker(slot)
