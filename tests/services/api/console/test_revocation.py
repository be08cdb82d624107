"""What was ended is gone from open pages within a second, whichever process ended it."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.console.live import Feed
from services.api.sessions import tokens
from shared.db.session import unit_of_work
from tests.services.api.console.conftest import Reader
from tests.services.api.console.test_live import running, welcome
from tests.support import town

ENDINGS = {
    "ended": "DELETE FROM session",
    "disabled": "UPDATE user_account SET disabled_at = created_at",
}


async def gone(stream: AsyncIterator[bytes]) -> None:
    async for part in stream:
        if part.startswith(b"event: ended"):
            return


@pytest.mark.parametrize("how", ENDINGS)
async def test_an_open_page_hears_of_it_within_a_second_or_so(
    admin: Reader, engine: AsyncEngine, how: str
) -> None:
    """By a statement of another process: nobody nudges this feed."""
    session = tokens.hash_of(admin.cookies["giamsat_session"])
    is_in = True

    async def still_welcome() -> bool:
        return is_in

    async with running(engine) as feed:
        stream = feed.follow(still_welcome, session=session)
        await anext(stream)
        listening = asyncio.create_task(gone(stream))
        async with unit_of_work(engine) as connection:
            await connection.execute(text(ENDINGS[how]))
        is_in = False
        began = time.perf_counter()
        await listening
        # A look a second, and the time that a busy machine takes for it.
        assert time.perf_counter() - began < 3


async def test_the_sessions_of_closed_pages_are_not_asked_for(engine: AsyncEngine) -> None:
    feed = Feed(engine)
    stream = feed.follow(welcome, session=b"x")
    await anext(stream)
    assert dict(feed._open) == {b"x": 1}
    await stream.aclose()  # type: ignore[attr-defined] # a generator, as it is
    assert dict(feed._open) == {}


async def test_a_log_out_elsewhere_ends_only_its_own_pages(
    admin: Reader, engine: AsyncEngine
) -> None:
    session = tokens.hash_of(admin.cookies["giamsat_session"])
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO session (token_hash, user_id, created_at, last_seen_at, expires_at) "
                "SELECT '\\x01', id, :now, :now, :now FROM user_account LIMIT 1"
            ),
            {"now": town.NOW},
        )
    async with running(engine) as feed:
        stream = feed.follow(welcome, session=session)
        await anext(stream)
        async with unit_of_work(engine) as connection:
            await connection.execute(text("DELETE FROM session WHERE token_hash = '\\x01'"))
        await feed._look()
        assert session not in feed._ended
