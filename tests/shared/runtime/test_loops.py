import asyncio

import asyncpg
import pytest
from sqlalchemy.exc import OperationalError, ProgrammingError

from shared.runtime import loops
from shared.runtime.errors import GiamsatError


class Body:
    """Fails as told, then succeeds and asks the loop to stop."""

    def __init__(self, stop: asyncio.Event, *faults: Exception) -> None:
        self.stop = stop
        self.faults = list(faults)
        self.runs = 0

    async def __call__(self) -> None:
        self.runs += 1
        if self.faults:
            raise self.faults.pop(0)
        self.stop.set()


async def test_a_loop_survives_what_the_outside_world_does() -> None:
    stop = asyncio.Event()
    gone = OperationalError("SELECT 1", {}, OSError())
    starting = asyncpg.CannotConnectNowError("the database system is starting up")
    later = GiamsatError("later", retryable=True)
    body = Body(stop, ConnectionResetError(), gone, starting, later)
    await loops.every(0, body, name="test", stop=stop, retry_s=0)
    assert body.runs == 5


@pytest.mark.parametrize(
    "bug", [ValueError(), ProgrammingError("SELEKT", {}, Exception()), GiamsatError("for good")]
)
async def test_a_bug_ends_the_loop(bug: Exception) -> None:
    stop = asyncio.Event()
    with pytest.raises(type(bug)):
        await loops.every(0, Body(stop, bug), name="test", stop=stop)


async def test_until_done_tries_again_until_it_succeeds_once() -> None:
    body = Body(asyncio.Event(), ConnectionResetError(), ConnectionResetError())
    assert await loops.until_done(body, name="test", stop=asyncio.Event(), pause_s=0)
    assert body.runs == 3


async def test_until_done_gives_up_when_it_fails_after_the_stop() -> None:
    stop = asyncio.Event()
    stop.set()
    body = Body(stop, ConnectionResetError())
    assert not await loops.until_done(body, name="test", stop=stop)
    assert body.runs == 1


async def test_a_failing_loop_does_not_spin() -> None:
    stop = asyncio.Event()
    body = Body(stop, *(ConnectionResetError() for _ in range(1000)))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await loops.every(0, body, name="test", stop=stop)
    assert body.runs == 1
