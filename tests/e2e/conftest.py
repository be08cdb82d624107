"""One running product for all end-to-end tests, with a ladder that climbs in seconds."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.e2e.rooms import Room, a_room
from tests.support.system import System, running_system

#: Without these, Chromium looks for its maker's servers at every start.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")  # not for the session: it would run on beside the others
def started() -> Iterator[System]:
    with running_system("--demo") as system:
        yield system


@pytest.fixture
async def system(started: System) -> AsyncIterator[System]:
    await started.ready()
    await started.sql(
        "UPDATE ladder_step SET after_s = CASE step WHEN 1 THEN 0 WHEN 2 THEN 11 ELSE 3600 END"
    )
    yield started
    await started.leave()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield chromium
        await chromium.close()


@pytest.fixture
async def room(system: System) -> AsyncIterator[Room]:
    async with a_room(system) as one:
        yield one


@pytest.fixture
async def other(system: System) -> AsyncIterator[Room]:
    async with a_room(system) as one:
        yield one
