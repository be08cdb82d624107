from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import create_engine
from tests.conftest import Database
from tests.support.alerting import World
from tests.support.keyed_gateway import KeyedGateway, keyed_gateway
from tests.support.mail_server import MailServer, mail_server
from tests.support.post import Post


@pytest.fixture
async def alerts_engine(database: Database) -> AsyncIterator[AsyncEngine]:
    """With the rights of the service, and no more."""
    engine = create_engine(database.url_of_service("alerts"), application="alerts")
    yield engine
    await engine.dispose()


@pytest.fixture
async def world(engine: AsyncEngine, alerts_engine: AsyncEngine) -> World:
    province = World(engine, alerts_engine)
    await province.begin()
    return province


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
async def sms() -> AsyncIterator[KeyedGateway]:
    async with keyed_gateway() as running:
        yield running


@pytest.fixture
async def post(world: World, mail: MailServer, sms: KeyedGateway) -> Post:
    one = Post(world, mail.port, sms.port)
    await one.begin()
    return one
