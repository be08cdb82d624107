"""A simulated connection: it can be cut and restored, and now and then it breaks by itself."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

BREAKS_EVERY_S = (300.0, 1200.0)
BREAKS_FOR_S = (0.5, 3.0)


class Line:
    """Runs `talk` while the line is whole."""

    def __init__(self, talk: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._talk = talk
        self._is_cut = asyncio.Event()
        self._is_whole = asyncio.Event()
        self._is_whole.set()

    @property
    def is_cut(self) -> bool:
        return self._is_cut.is_set()

    def cut(self) -> None:
        self._is_whole.clear()
        self._is_cut.set()

    def restore(self) -> None:
        self._is_cut.clear()
        self._is_whole.set()

    async def keep(self) -> None:
        while True:
            await self._is_whole.wait()
            talking = asyncio.create_task(self._talk(), name="talk")
            breaking = asyncio.create_task(self._until_it_breaks(), name="break")
            try:
                await asyncio.wait((talking, breaking), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (talking, breaking):
                    task.cancel()
                results = await asyncio.gather(talking, breaking, return_exceptions=True)
            for result in results:
                if isinstance(result, Exception):
                    raise result
            await asyncio.sleep(random.uniform(*BREAKS_FOR_S))  # noqa: S311 - no secret

    async def _until_it_breaks(self) -> None:
        """By hand, or by chance."""
        try:
            async with asyncio.timeout(random.uniform(*BREAKS_EVERY_S)):  # noqa: S311 - no secret
                await self._is_cut.wait()
        except TimeoutError:
            return
