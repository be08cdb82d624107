"""An agency that is registered, with its keys."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.services.api.conftest import Clock
from tests.support.agency import Agency, add_authority, registration
from tests.support.people import Province


@pytest.fixture
async def agency(
    api: httpx.AsyncClient, engine: AsyncEngine, clock: Clock, province: Province
) -> Agency:
    await add_authority(engine)
    one = Agency(api, clock)
    answer = await api.post("/agencies", json=registration(one), headers=province.admin)
    assert answer.status_code == 201, answer.text
    return one
