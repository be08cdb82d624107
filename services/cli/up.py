"""`giamsat up`: everything on one machine, started in order, kept running, stopped in order."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli import broker, children, data_lock, first_run
from services.cli import plan as planning
from services.cli.demo import fixture, history
from services.cli.plan import SERVICES, Options, Plan
from services.cli.run_file import Endpoint, LogIn, RunFile, Running
from services.cli.supervise import Supervisor
from shared.runtime import clock, logging

log = logging.get(__name__)


async def run(
    options: Options,
    environ: Mapping[str, str],
    *,
    stop: asyncio.Event,
    on_ready: Callable[[Running], None],
    on_news: Callable[[str], None],
) -> None:
    """Everything up, until `stop` is set or something cannot be kept running."""
    options.data.mkdir(parents=True, exist_ok=True)
    with data_lock.held(options.data / "lock"):
        plan = await planning.make(options, environ)
        async with _house(plan, on_news) as house:
            starting = asyncio.create_task(house.start(), name="start")
            stopping = asyncio.create_task(stop.wait(), name="stop")
            try:
                await _first_of(starting, stopping)
                if not stop.is_set():
                    on_ready(house.running())
                    await _first_of(house.supervisor.broken, stopping)
            finally:
                await _cancelled(starting, stopping)


class House:
    """What runs in one `giamsat up`."""

    def __init__(self, plan: Plan, engine: AsyncEngine, on_news: Callable[[str], None]) -> None:
        self._plan = plan
        self._engine = engine
        self._run_file = RunFile(plan.layout.run_file)
        self._demo: fixture.Demo | None = None
        self.supervisor = Supervisor(on_change=self._tell_processes, on_news=on_news)

    async def start(self) -> None:
        """Each waits only for what it needs."""
        self._run_file.remove()  # Left behind by one that was killed; it would name the dead.
        await self._start_database()
        broker.prepare(self._plan.broker)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._start_services(), name="start services")
            group.create_task(self.supervisor.start(children.maintain(self._plan)))
            if (port := self._plan.mail_port) is not None:
                group.create_task(self.supervisor.start(children.mail_sink(self._plan, port)))
        self._run_file.write(self.running())

    async def stop(self) -> None:
        # Who is stopped together, one layer after the other.
        services = {*self._plan.options.ingest_names, *SERVICES, "maintain", "mail"}
        for layer in (("demo",), services, ("mosquitto",), ("postgres",)):
            await self.supervisor.stop(layer)
        self._run_file.remove()

    async def _start_database(self) -> None:
        plan = self._plan
        await asyncio.to_thread(plan.postgres.create)
        await self.supervisor.start(children.database(plan))
        await first_run.create_database(plan.postgres)
        await first_run.migrate(self._engine, [plan.service_url(name) for name in SERVICES])
        now = clock.now()
        # The demo has a past, and in it, too, somebody must have been in charge of the platform.
        since = now - history.LENGTH if plan.options.is_demo else now
        admin = LogIn(plan.options.admin_email, plan.admin_password)
        await first_run.ensure_administrator(self._engine, admin, now=since)
        if plan.options.is_demo:
            self._demo = await fixture.ensure(self._engine, plan, now=now)
        await first_run.ensure_ladder(self._engine, now=now)

    async def _start_services(self) -> None:
        plan, start = self._plan, self.supervisor.start
        await start(children.message_broker(plan, self._engine))
        async with asyncio.TaskGroup() as group:
            for slot in range(plan.options.workers):
                group.create_task(start(children.ingest(plan, slot)))
            for make in (children.alerts, children.api):
                group.create_task(start(make(plan)))
        if self._demo is not None:
            # Only now: what nobody hears is not delivered.
            await start(children.demo(plan, self._demo.watching_since))

    def running(self) -> Running:
        plan = self._plan
        health = {name: f"http://127.0.0.1:{port}" for name, port in plan.health_ports.items()}
        return Running(
            console_url=plan.console_url,
            api_url=f"{plan.console_url}/api/v1",
            mqtt=Endpoint(plan.seen_host, plan.broker.port),
            database_url=plan.postgres.url,
            mail_dir=str(plan.layout.mail),
            admin=LogIn(plan.options.admin_email, plan.admin_password),
            users={} if self._demo is None else self._demo.users,
            processes=self.supervisor.pids,
            health={**health, "api": f"http://{plan.near_host}:{plan.api_port}"},
        )

    def _tell_processes(self) -> None:
        if (current := self._run_file.current) is not None:
            self._run_file.write(replace(current, processes=self.supervisor.pids))


@asynccontextmanager
async def _house(plan: Plan, on_news: Callable[[str], None]) -> AsyncIterator[House]:
    engine = first_run.owners_engine(plan.postgres.url)
    house = House(plan, engine, on_news)
    try:
        yield house
    finally:
        await house.stop()
        await engine.dispose()


async def _first_of(
    *awaited: asyncio.Future[None] | asyncio.Task[None] | asyncio.Task[bool],
) -> None:
    """Until one of them ends; what it raises is raised here."""
    done, _ = await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
    for one in done:
        one.result()


async def _cancelled(*tasks: asyncio.Task[None] | asyncio.Task[bool]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
