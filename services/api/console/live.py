"""One look a second at what changed, shared by every open page of this process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.console import queries
from services.api.console.pulse import Pulse
from shared.db.session import SYSTEM, reading
from shared.runtime import loops

EVERY_S: Final = 1.0
#: So often a page that hears nothing is told that the line is up, and its log-in is looked at.
HEARTBEAT_S: Final = 15.0

#: Whether a log-in still holds.
StillWelcome = Callable[[], Awaitable[bool]]


class Feed:
    """The shared poller and those who wait for it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pulse: Pulse | None = None
        self._turned = asyncio.Event()
        self._is_closed = False
        self._nudges = 0

    @property
    def known_until(self) -> datetime | None:
        return self._pulse.known_until if self._pulse else None

    async def run(self, stop: asyncio.Event) -> None:
        """Look once a second until `stop`; then let every page go."""
        try:
            await loops.every(EVERY_S, self._look, name="console_live", stop=stop)
        finally:
            self._is_closed = True
            self._turn()

    async def _look(self) -> None:
        async with reading(self._engine, SYSTEM) as connection:
            pulse = await queries.pulse(connection)
        if pulse != self._pulse:
            self._pulse = pulse
            self._turn()

    def _turn(self) -> None:
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    def nudge(self) -> None:
        """Have every stream look at its log-in now: somebody logged out."""
        self._nudges += 1
        self._turn()

    async def follow(self, still_welcome: StillWelcome) -> AsyncIterator[bytes]:
        """What one page is told, until its log-in ends or the process stops."""
        clock = asyncio.get_running_loop().time
        told: Pulse | None = None
        looked = (self._nudges, clock())
        yield b"retry: 2000\n\n"
        while not self._is_closed:
            turned = self._turned
            if self._nudges != looked[0] or clock() - looked[1] >= HEARTBEAT_S:
                looked = (self._nudges, clock())
                if not await still_welcome():
                    yield b"event: ended\ndata: {}\n\n"
                    return
                yield b": still here\n\n"
            if self._pulse is not None and self._pulse != told:
                told = self._pulse
                yield told.encoded()
            await loops.pause(HEARTBEAT_S, turned)
