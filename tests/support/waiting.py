"""Waiting for what a test cannot be told of."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(ask: Callable[[], Awaitable[T]], *, within_s: float = 15) -> T:
    """The first answer that is true; fails with the last one that was not."""
    answer: T | None = None
    try:
        async with asyncio.timeout(within_s):
            while True:
                answer = await ask()
                if answer:
                    return answer
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {within_s} s; the last answer was {answer!r}") from None
