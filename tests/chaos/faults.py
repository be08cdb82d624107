"""What happens to the system in a run (FAULTS §2.1-2.3), each by its name; the seed decides when.

A fault ends with everything in its place again: two workers, a broker, a database, sound lines.
"""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from typing import Final

from tests.chaos import ledger as ledgers
from tests.chaos.stage import Stage
from tests.chaos.strikes import Point, Strike
from tests.chaos.worker import DEAD_AFTER_S
from tests.support.tcp_proxy import Ambush, Conditions, TcpProxy, Way

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


async def broker_restarted(stage: Stage) -> None:
    """F20: in order; what it holds is saved."""
    await asyncio.to_thread(stage.broker.stop)
    await asyncio.to_thread(stage.broker.start)


async def broker_killed(stage: Stage) -> None:
    """F21: what it holds is as old as its last save."""
    stage.is_broker_honest = False
    await asyncio.to_thread(stage.broker.kill)
    stage.casebook.kills += 1
    await asyncio.to_thread(stage.broker.start)


async def broker_killed_and_store_deleted(stage: Stage) -> None:
    """F22: it knows nobody and nothing."""
    stage.is_broker_honest = False
    await asyncio.to_thread(stage.broker.kill)
    stage.casebook.kills += 1
    (stage.broker.folder / "mosquitto.db").unlink(missing_ok=True)
    await asyncio.to_thread(stage.broker.start)


async def broker_killed_and_store_torn(stage: Stage) -> None:
    """F22: the file is there, but not whole."""
    stage.is_broker_honest = False
    await asyncio.to_thread(stage.broker.stop)
    store = stage.broker.folder / "mosquitto.db"
    if store.exists():
        content = store.read_bytes()
        store.write_bytes(content[: stage.rng.randint(0, len(content))])
    try:
        await asyncio.to_thread(stage.broker.start)
    except RuntimeError:
        # Mosquitto refuses a store it cannot read: an operator takes it away.
        store.unlink()
        await asyncio.to_thread(stage.broker.start)


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
    await asyncio.wait_for(ambush.is_sprung.wait(), STRIKE_WITHIN_S)


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


async def senders_cut(stage: Stage) -> None:
    """F26: the facilities' link, cut and restored."""
    line = stage.from_senders
    line.conditions = Conditions(is_refusing=True)
    line.cut()
    await asyncio.sleep(stage.rng.uniform(0.2, 1.5))
    line.restore()


async def senders_cut_mid_message(stage: Stage) -> None:
    """The connection ends somewhere in a message, or in its acknowledgement."""
    stage.from_senders.cut_after(stage.rng.randint(1, 5_000), stage.rng.choice(list(Way)))
    await asyncio.sleep(0.3)


async def senders_half_open(stage: Stage) -> None:
    """F27: no FIN, no RST, no bytes."""
    await _swallowed(stage, stage.from_senders, frozenset(Way))


async def acknowledgements_lost(stage: Stage) -> None:
    """F28: neither PUBACK nor end-to-end acknowledgement reaches a sender."""
    await _swallowed(stage, stage.from_senders, frozenset({Way.DOWN}))


async def ingest_half_open(stage: Stage) -> None:
    """F27: between broker and workers, in both directions or in one."""
    ways = stage.rng.choice((frozenset(Way), frozenset({Way.UP}), frozenset({Way.DOWN})))
    await _swallowed(stage, stage.to_broker, ways)


async def database_half_open(stage: Stage) -> None:
    """F27: between workers and database."""
    ways = stage.rng.choice((frozenset(Way), frozenset({Way.UP}), frozenset({Way.DOWN})))
    await _swallowed(stage, stage.to_database, ways)


async def _swallowed(stage: Stage, line: TcpProxy, ways: frozenset[Way]) -> None:
    line.conditions = Conditions(swallows=ways)
    await asyncio.sleep(stage.rng.uniform(0.3, 1.0))
    line.restore()


async def senders_slow(stage: Stage) -> None:
    """F30: 16 kbit/s and latency."""
    stage.from_senders.conditions = Conditions(latency_s=0.2, bytes_per_s=2_000)
    await asyncio.sleep(1.5)
    stage.from_senders.restore()


async def senders_without_power(stage: Stage) -> None:
    """Every device starts anew; what it had not been told of it finds on its disk."""
    await stage.ledger.sync()
    untold = ledgers.read(stage.ledger.path).untold
    for sender in stage.senders:
        sender.lose_power(untold)


async def ingest_cut(stage: Stage) -> None:
    """F29: between broker and workers."""
    line = stage.to_broker
    line.conditions = Conditions(is_refusing=True)
    line.cut()
    await asyncio.sleep(stage.rng.uniform(0.1, 1.0))
    line.restore()


async def ingest_cut_mid_message(stage: Stage) -> None:
    stage.to_broker.cut_after(stage.rng.randint(1, 5_000), stage.rng.choice(list(Way)))
    await asyncio.sleep(0.3)


STRIKES: Final[dict[str, Fault]] = {point.value: struck_at(point) for point in Point}
#: By name, with how often each comes for one of the others.
OTHERS: Final[dict[Fault, int]] = {
    worker_killed_any_time: 3,
    all_workers_killed: 2,
    workers_away: 1,
    worker_deployed: 2,
    worker_paused: 2,
    zombie: 2,
    worker_replaced: 1,
    broker_restarted: 2,
    broker_killed: 1,
    broker_killed_and_store_deleted: 2,
    broker_killed_and_store_torn: 1,
    postgres_killed: 1,
    backend_killed: 2,
    commit_unanswered: 3,
    commit_undelivered: 2,
    database_away: 1,
    database_slow: 1,
    senders_cut: 1,
    senders_cut_mid_message: 2,
    senders_half_open: 1,
    acknowledgements_lost: 1,
    senders_slow: 1,
    senders_without_power: 1,
    ingest_cut: 1,
    ingest_cut_mid_message: 2,
    ingest_half_open: 1,
    database_half_open: 1,
}
