import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.deliver.email import Tls
from services.alerts.service import Service
from services.alerts.settings import Settings
from shared.db.session import create_engine
from tests.conftest import Database
from tests.support.alerting import World, after
from tests.support.mail_server import MailServer, mail_server


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
async def service_engine(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database.url_of_service("alerts"), application="under-test")
    yield engine
    await engine.dispose()


@asynccontextmanager
async def running(engine: AsyncEngine, port: int) -> AsyncIterator[Service]:
    """The whole service at full speed. Its clock stands still, past the hold of `silent_room`."""
    config = Settings(
        database_url="not used",
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_tls=Tls.NONE,
        mail_from="giamsat@giamsat.example",
        console_url="https://giamsat.example",
        health_port=0,
        tick_every_s=0.05,
    )
    service = Service(config, engine, name="one", now=lambda: after(185))
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run(stop))
        yield service
        stop.set()


async def until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_true():  # noqa: ASYNC110 - the service has no event for its outside
            await asyncio.sleep(0.02)


async def silent_room(world: World) -> None:
    """A mail is due: the incident was opened at 161, by a tick before the service's."""
    facility = await world.facility()
    device = await world.device(facility, await world.zone(facility))
    await world.usual_people(facility)
    await world.attest(device, 0, 100)
    await world.pass_time(161, since_s=161)
    await world.know_until(171)


async def test_the_running_service_hands_the_mail_to_the_server(
    world: World, server: MailServer, service_engine: AsyncEngine
) -> None:
    await silent_room(world)
    async with running(service_engine, server.port) as service:
        await until(lambda: bool(server.received))
        assert service.why_not_ready() is None

    assert [str(mail["To"]) for mail in server.received] == ["facility_manager@example.org"]
    (row,) = await world.rows("SELECT expires_at FROM alert_lease")
    assert row.expires_at == after(185)


async def test_the_service_outlives_a_lost_database_connection(
    world: World, server: MailServer, service_engine: AsyncEngine
) -> None:
    await silent_room(world)
    server.refused_recipients["facility_manager@example.org"] = "451 later"
    async with running(service_engine, server.port) as service:
        await until(lambda: service.why_not_ready() is None)
        cut = await world.rows(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE application_name = 'giamsat-under-test' AND datname = current_database()"
        )
        assert cut
        server.refused_recipients.clear()
        await world.rows("UPDATE notification SET due_at = created_at RETURNING id")
        await until(lambda: bool(server.received))

    assert len(server.received) == 1
