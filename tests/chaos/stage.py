"""Everything one run needs: broker, database, the lines between them, workers, senders, oracle."""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

from shared.runtime import clock
from tests.chaos import ledger as ledgers
from tests.chaos import oracle as oracles
from tests.chaos.casebook import Casebook
from tests.chaos.cast import ACCOUNTS, DISHONEST, Cast, branch
from tests.chaos.ledger import Ledger
from tests.chaos.nursery import Nursery, WorkerProcess
from tests.chaos.oracle import Oracle, Verdict
from tests.chaos.postgres import AWAY, Server
from tests.chaos.sender import Sender
from tests.chaos.spans import length
from tests.chaos.strikes import Strike
from tests.chaos.wire import CoverageCommits
from tests.chaos.worker import Plan
from tests.support import databases
from tests.support.broker import Broker, running_broker
from tests.support.tcp_proxy import TcpProxy

TICK_S: Final = 0.05
LOOK_EVERY_S: Final = 0.5
#: Nothing at all is acknowledged for so long: it is stuck. A machine that is merely busy goes on.
STUCK_AFTER_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class House:
    """What outlives a run: the database server, and the fork server of the workers."""

    server: Server
    nursery: Nursery
    folder: Path


@asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[House]:
    async with Server(folder) as server, Nursery() as nursery:
        yield House(server, nursery, folder)


class Progress:
    """When anything was acknowledged last, as seen by whoever asks again and again."""

    def __init__(self, stage: "Stage") -> None:
        self._record = stage.ledger.record
        self._told = len(self._record.told)
        self._moved_s = time.monotonic()

    def is_stuck(self, after_s: float) -> bool:
        """Whether nothing has been for so long."""
        now_s, told = time.monotonic(), len(self._record.told)
        if told != self._told:
            self._told, self._moved_s = told, now_s
        return now_s - self._moved_s > after_s


class Stage:
    """One run. Faults are done to it by `faults`; the senders never stop meanwhile."""

    def __init__(
        self, house: House, broker: Broker, database: str, ledger: Ledger, rng: random.Random
    ) -> None:
        self.house = house
        self.broker = broker
        self.database = database
        self.ledger = ledger
        self.rng = rng
        self.casebook = Casebook()
        self.cast = Cast(clock.now_us())
        self.oracle = Oracle(self.cast.registered, dishonest=DISHONEST)
        self.senders: list[Sender] = []
        self.workers: dict[int, WorkerProcess] = {}
        self.bug: str | None = None
        #: A broker that forgets what it took makes the watermark wrong until it is told again.
        self.is_broker_honest = True
        self._has_said_all = asyncio.Event()
        self._silent: list[asyncpg.Connection[Any]] = []
        self.to_database = TcpProxy(house.server.postgres.port, CoverageCommits)
        self.to_broker = TcpProxy(broker.port)
        self.from_senders = TcpProxy(broker.port)

    # -- workers ---------------------------------------------------------------------------

    @property
    def _ingest_url(self) -> str:
        return self.house.server.postgres.url_of("giamsat_ingest", "ingest", self.database)

    async def silent_line(self) -> "asyncpg.Connection[Any]":
        """The connection of a worker of whom nobody will hear again; open until the run ends."""
        self._silent.append(
            await asyncpg.connect(
                self._ingest_url, server_settings={"application_name": "giamsat-ingest"}
            )
        )
        return self._silent[-1]

    async def begin_worker(self, slot: int, strike: Strike | None = None) -> WorkerProcess:
        """A worker in that slot; it dies where the strike says."""
        port = self.house.server.postgres.port
        plan = Plan(
            slot=slot,
            database_url=self._ingest_url.replace(f":{port}/", f":{self.to_database.port}/"),
            mqtt_port=self.to_broker.port,
            mqtt_password=self.broker.ingest_password,
            log=str(self.ledger.path.with_suffix(".log")),
            strike=strike,
            bug=self.bug,
        )
        self.workers[slot] = await self.house.nursery.spawn(plan)
        return self.workers[slot]

    async def end_worker(self, slot: int, number: signal.Signals, *, within_s: float) -> int:
        """How it ended; killed if it takes longer."""
        worker = self.workers[slot]
        worker.send(number)
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.shield(worker.ended)
        except TimeoutError:
            self.casebook.surprises["a worker had to be killed"] += 1
            worker.send(signal.SIGKILL)
            return await worker.ended

    async def end_all(self) -> None:
        """Whoever is left, and whatever is open."""
        for slot in self.workers:
            await self.end_worker(slot, signal.SIGKILL, within_s=5)
        for line in self._silent:
            line.terminate()

    async def tend(self) -> None:
        """Start again whoever ended by himself, as a supervisor does."""
        for slot, worker in list(self.workers.items()):
            if not worker.is_alive:
                self.casebook.surprises[f"a worker ended with {worker.ended.result()}"] += 1
                await self.begin_worker(slot)

    # -- the senders -----------------------------------------------------------------------

    async def speak(self, stop: asyncio.Event) -> None:
        """Claim until told to stop; go on sending what is not acknowledged."""
        while True:
            if stop.is_set():
                self._has_said_all.set()
                await self.ledger.sync()
            else:
                now_us = clock.now_us()
                made = [(sender, sender.make(now_us)) for sender in self.senders]
                for _, claims in made:
                    self.ledger.add(claims)
                await self.ledger.sync()
                for sender, claims in made:
                    sender.keep(claims)
            for sender in self.senders:
                sender.send()
            await asyncio.sleep(TICK_S)

    async def until_silent(self, *, stuck_after_s: float) -> None:
        """Wait until no more is claimed, and every claim is acknowledged, or nothing moves."""
        await self._has_said_all.wait()
        progress = Progress(self)
        while any(sender.kept for sender in self.senders):
            if progress.is_stuck(stuck_after_s):
                return
            await self.tend()
            await asyncio.sleep(TICK_S)

    async def recover(self, fault: str = "") -> None:
        """Wait until a claim made after this moment is acknowledged end to end."""
        since_us, started_s = clock.now_us(), time.monotonic()
        progress = Progress(self)
        while not any(sender.told_until_us >= since_us for sender in self.senders):
            if progress.is_stuck(STUCK_AFTER_S):
                self.casebook.stuck[fault] += 1
                return
            await self.tend()
            await asyncio.sleep(0.005)
        self.casebook.recoveries_s.append(time.monotonic() - started_s)

    # -- looking ---------------------------------------------------------------------------

    async def keep_looking(self) -> None:
        """While things go wrong: what was acknowledged is there, and nothing else is."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                async with asyncio.timeout(5):
                    await self.look()
            except AWAY:
                continue

    async def look(self) -> None:
        record = self.ledger.record
        told = [record.claims[key] for key in record.told]
        taken = {key: us for sender in self.senders for key, us in sender.taken.items()}
        sight = await oracles.look(self.house.server.url_of(self.database))
        looked_us = clock.now_us()
        self.oracle.compare(sight, committed=told, record=record, looked_us=looked_us)
        if self.is_broker_honest:
            self.oracle.compare_watermark(sight, record=record, taken=taken, looked_us=looked_us)

    async def conclude(self) -> Verdict:
        """The last look, at what the ledger has on disk."""
        await self.ledger.sync()
        sight = await oracles.look(self.house.server.url_of(self.database))
        record = ledgers.read(self.ledger.path)
        verdict = self.oracle.conclude(sight, record, looked_us=clock.now_us())
        for (_, _, column), spans in sight.rows.items():
            self.casebook.held_us[column] += length(spans)
        for sender in self.senders:
            self.casebook.counts.update(sender.counts)
        self.casebook.counts["claims"] += len(record.claims)
        self.casebook.refused.update(told.refused for told in record.told.values() if told.refused)
        return verdict


@asynccontextmanager
async def set_stage(
    house: House, seed: int, *, trusts_broker: bool = False
) -> AsyncIterator[Stage]:
    """A new broker, a new database, new lines; nothing is wrong with them yet."""
    rng = random.Random(seed)  # noqa: S311 - a seed to repeat a run with
    database = await databases.fresh_database(house.server.postgres)
    path = house.folder / f"{database}.ledger"
    async with AsyncExitStack() as stack:
        stack.push_async_callback(house.server.drop, database)
        broker = stack.enter_context(running_broker(ACCOUNTS))
        ledger = Ledger(path)
        stack.callback(ledger.close)
        stage = Stage(house, broker, database, ledger, rng)
        for line in (stage.to_database, stage.to_broker, stage.from_senders):
            await stack.enter_async_context(line)
        link = await house.server.connect(database)
        await stage.cast.register(link)
        await link.close(timeout=5)
        stage.senders = stage.cast.senders(ledger, branch(rng), trusts_broker=trusts_broker)
        yield stage
        await stage.end_all()


Play = Callable[[Stage], Coroutine[Any, Any, None]]


async def perform(stage: Stage, play: Play, *, stuck_after_s: float = STUCK_AFTER_S) -> Verdict:
    """Let the senders speak while the play goes on; then wait until all is told, and judge."""
    stop = asyncio.Event()
    port = stage.from_senders.port
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(sender.stay_connected(port)) for sender in stage.senders]
        tasks.append(group.create_task(stage.speak(stop)))
        tasks.append(group.create_task(stage.keep_looking()))
        await play(stage)
        stop.set()
        await stage.until_silent(stuck_after_s=stuck_after_s)
        for task in tasks:
            task.cancel()
    return await stage.conclude()
