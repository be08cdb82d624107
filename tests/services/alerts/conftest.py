from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import create_engine
from tests.conftest import Database
from tests.support.alerting import World


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
