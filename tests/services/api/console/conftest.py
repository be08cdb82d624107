"""The console over the small province, and readers who log in to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from tests.support import town
from tests.support.app import LentApp

BASE = "http://console.test"
Reader = httpx.AsyncClient
LogIn = Callable[[str], Awaitable[Reader]]


@pytest.fixture(autouse=True)
async def built(engine: AsyncEngine, clock: Any) -> None:
    clock.at = town.NOW
    await town.build(engine)


@pytest.fixture
async def resources(resources: Resources) -> Resources:
    """Here a passphrase is enough for every role; the log-in has tests of its own."""
    settings = resources.settings.model_copy(update={"require_second_factor": False})
    return replace(resources, settings=settings)


@pytest.fixture
async def nobody(resources: Resources) -> AsyncIterator[Reader]:
    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    headers = {"Origin": BASE}
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
        yield client


@pytest.fixture
def log_in(nobody: Reader) -> LogIn:
    async def log_in(email: str) -> Reader:
        answer = await nobody.post("/login", data={"email": email, "password": town.PASSWORD})
        assert answer.status_code == 303
        return nobody

    return log_in


@pytest.fixture
async def admin(log_in: LogIn) -> Reader:
    return await log_in(town.ADMIN)
