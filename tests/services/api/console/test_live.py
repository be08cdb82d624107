import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.console.live import Feed
from shared.db.session import unit_of_work
from tests.support import town


async def welcome() -> bool:
    return True


async def unwelcome() -> bool:
    return False


@asynccontextmanager
async def running(engine: AsyncEngine) -> AsyncIterator[Feed]:
    feed = Feed(engine)
    stop = asyncio.Event()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(feed.run(stop))
        yield feed
        stop.set()


async def next_change(stream: AsyncIterator[bytes]) -> bytes:
    async for part in stream:
        if part.startswith(b"event:"):
            return part
    return b""


async def test_a_page_is_told_up_to_when_the_data_is_known(engine: AsyncEngine) -> None:
    async with running(engine) as feed:
        told = await next_change(feed.follow(welcome))
    known_ms = round((town.NOW - timedelta(seconds=2)).timestamp() * 1000)
    assert f'"known": {known_ms}'.encode() in told


async def test_a_page_is_told_that_something_happened(engine: AsyncEngine) -> None:
    async with running(engine) as feed:
        stream = feed.follow(welcome)
        before = await next_change(stream)
        async with unit_of_work(engine) as connection:
            await connection.execute(
                text("INSERT INTO event (happened_at, kind) VALUES (:at, 'gap_opened')"),
                {"at": town.NOW},
            )
        after = await next_change(stream)
    assert before != after


async def test_a_stream_ends_when_its_reader_logged_out(engine: AsyncEngine) -> None:
    async with running(engine) as feed:
        stream = feed.follow(unwelcome)
        await next_change(stream)
        feed.nudge()
        assert await next_change(stream) == b"event: ended\ndata: {}\n\n"
        assert await next_change(stream) == b""


async def test_streams_end_when_the_process_stops(engine: AsyncEngine) -> None:
    async with running(engine) as feed:
        stream = feed.follow(welcome)
        await next_change(stream)
    assert await next_change(stream) == b""
