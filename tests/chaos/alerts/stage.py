"""Everything one run needs: database, mail server, gateway, two services, a watermark."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg

from shared.runtime import clock
from tests.chaos.alerts import oracle, town
from tests.chaos.alerts.oracle import Verdict
from tests.chaos.alerts.town import Town
from tests.chaos.alerts.weather import Weather
from tests.chaos.alerts.worker import Plan, Strike
from tests.chaos.nursery import Nursery, WorkerProcess
from tests.chaos.postgres import Server
from tests.support import databases
from tests.support.keyed_gateway import KeyedGateway, keyed_gateway
from tests.support.mail_server import MailServer, mail_server
from tests.support.tcp_proxy import TcpProxy

SLOTS: Final = (0, 1)
KNOWN_EVERY_S: Final = 0.25
#: Nothing waits for so long: what has not been told by then never will be.
QUIET_S: Final = 40.0


@dataclass(slots=True)
class Casebook:
    """What was done to the services, and what they did by themselves."""

    trials: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    stops: int = 0
    surprises: Counter[str] = field(default_factory=Counter)
    #: Messages that were still to be tried again when the run ended.
    waiting: int = 0


@dataclass
class Stage:
    """One run."""

    server: Server
    nursery: Nursery
    database: str
    log: Path
    rng: random.Random
    town: Town
    mail: MailServer
    #: Through which mail goes in.
    door: TcpProxy
    gateway: KeyedGateway
    weather: Weather
    link: "asyncpg.Connection[Any]"
    bug: str | None = None
    casebook: Casebook = field(default_factory=Casebook)
    services: dict[int, WorkerProcess] = field(default_factory=dict)

    async def begin(self, slot: int, strike: Strike | None = None) -> WorkerProcess:
        """A service in that slot; it dies where the strike says."""
        plan = Plan(
            slot=slot,
            database_url=self.server.postgres.url_of("giamsat_alerts", "alerts", self.database),
            smtp_port=self.door.port,
            gateway_port=self.gateway.port,
            log=str(self.log),
            strike=strike,
            bug=self.bug,
        )
        self.services[slot] = await self.nursery.spawn(plan)
        return self.services[slot]

    async def end(self, slot: int, number: signal.Signals) -> int:
        """How it ended; killed if it takes too long."""
        one = self.services[slot]
        one.send(number)
        try:
            async with asyncio.timeout(10):
                return await asyncio.shield(one.ended)
        except TimeoutError:
            self.casebook.surprises["a service had to be killed"] += 1
            one.send(signal.SIGKILL)
            return await one.ended

    async def kill(self, slot: int) -> None:
        await self.end(slot, signal.SIGKILL)
        self.casebook.kills += 1

    async def tend(self) -> None:
        """Start again whoever ended by himself, as a supervisor does."""
        for slot, one in list(self.services.items()):
            if not one.is_alive:
                self.casebook.surprises[f"a service ended with {one.ended.result()}"] += 1
                await self.begin(slot)

    async def know(self) -> None:
        """What ingest would do: the watermark follows the clock."""
        while True:
            await town.know_until(self.link, clock.now())
            await asyncio.sleep(KNOWN_EVERY_S)

    async def settle(self, within_s: float) -> None:
        """Until everybody was told, or nothing has waited for a while, or the time is over."""
        until_s = time.monotonic() + within_s
        waited_s = time.monotonic()
        while time.monotonic() < until_s:
            await self.tend()
            self.casebook.waiting = await self._pending()
            if self.casebook.waiting:
                waited_s = time.monotonic()
            elif not self.judge().lost or time.monotonic() - waited_s > QUIET_S:
                return
            await asyncio.sleep(0.5)

    async def _pending(self) -> int:
        link = await self.server.connect(self.database)
        try:
            return int(
                await link.fetchval("SELECT count(*) FROM notification WHERE state = 'pending'")
            )
        finally:
            await link.close(timeout=5)

    def judge(self) -> Verdict:
        return oracle.judge(self.town.expected, self.mail.received, self.gateway.out.values())

    async def end_all(self) -> None:
        for slot in list(self.services):
            await self.end(slot, signal.SIGKILL)


@asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[tuple[Server, Nursery]]:
    """What outlives a run: the database server, and the fork server of the services."""
    async with Server(folder) as server, Nursery("tests.chaos.alerts.worker") as nursery:
        yield server, nursery


@asynccontextmanager
async def set_stage(
    house: tuple[Server, Nursery], seed: int, *, facilities: int, lasts: timedelta
) -> AsyncIterator[Stage]:
    """A new database, a new town; nothing has happened yet."""
    server, nursery = house
    rng = random.Random(seed)  # noqa: S311 - a seed to repeat a run with
    database = await databases.fresh_database(server.postgres)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.drop, database)
        mail = await stack.enter_async_context(mail_server())
        door = await stack.enter_async_context(TcpProxy(mail.port))
        gateway = await stack.enter_async_context(keyed_gateway())
        weather = Weather(random.Random(seed))  # noqa: S311 - the same
        mail.answer, gateway.answer = weather.mail, weather.gateway
        link = await server.connect(database)
        stack.push_async_callback(link.close, timeout=5)
        place = Town(facilities, clock.now() + timedelta(seconds=3), lasts)
        await place.build(link)
        log = server.log.parent / f"{database}.log"
        stage = Stage(
            server, nursery, database, log, rng, place, mail, door, gateway, weather, link
        )
        yield stage
        await stage.end_all()
