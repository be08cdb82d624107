"""Links in messages about the province's incidents, opened by phones that are logged in nowhere."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from tests.services.api.incidents.conftest import Troubles
from tests.support.app import LentApp
from tests.support.people import Province

CONSOLE = "http://console.test"


@pytest.fixture
def troubles(engine: AsyncEngine, province: Province, clock: Any) -> Troubles:
    return Troubles(engine, province, clock.at)


@pytest.fixture
async def phone(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(transport=transport, base_url=CONSOLE, headers=headers) as client:
        yield client
