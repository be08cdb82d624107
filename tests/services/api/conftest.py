"""The API over a real database and a real broker, and a cast of people who ask it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.broker_access import BrokerAccess
from services.api.resources import Resources
from services.api.settings import Settings
from shared.db.session import create_engine
from shared.runtime.sealed_box import new_key
from tests.conftest import Database
from tests.support.app import LentApp
from tests.support.broker import Broker, running_broker
from tests.support.people import Province, province_of

PEOPLE_KEY = new_key()
LINK_KEY = "a key of links that is only good for tests"
PUSH_KEY = new_key()


class Clock:
    """The time, as a test has it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **length: float) -> None:
        self.at += timedelta(**length)


@pytest.fixture(scope="session")
def api_broker() -> Iterator[Broker]:
    """One for all: each test has its own database, and the broker takes any device anew."""
    with running_broker() as broker:
        yield broker


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def access(api_broker: Broker) -> AsyncIterator[BrokerAccess]:
    access = BrokerAccess(
        host=api_broker.host,
        port=api_broker.port,
        username="giamsat-registry",
        password=api_broker.registry_password,
    )
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(access.run(stop))
        yield access
        stop.set()


@pytest.fixture
async def resources(
    database: Database, access: BrokerAccess, api_broker: Broker, clock: Clock
) -> AsyncIterator[Resources]:
    engine = create_engine(database.url_of_service("api"), application="api")
    settings = Settings(
        database_url=database.url_of_service("api"),
        mqtt_password="",
        sharing_key="a key that is only good for tests",
        link_key=LINK_KEY,
        push_key=PUSH_KEY,
        people_key=PEOPLE_KEY,
        console_url="http://console.test",
        device_mqtt_host=api_broker.host,
        device_mqtt_port=api_broker.port,
    )
    yield Resources(engine=engine, broker=access, settings=settings, now=clock)
    await engine.dispose()


@pytest.fixture
async def api(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody's client; the people of `province` have their own headers."""
    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://giamsat/api/v1") as client:
        yield client


@pytest.fixture
async def province(engine: AsyncEngine, clock: Clock) -> Province:
    return await province_of(engine, clock.at)
