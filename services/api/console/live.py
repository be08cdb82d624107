"""One look a second at what changed, shared by every open page of this process."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.console import queries
from services.api.console.pulse import Pulse
from services.api.sessions import queries as sessions
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
        #: The sessions of open pages, by how many pages.
        self._open: Counter[bytes] = Counter()
        self._ended: frozenset[bytes] = frozenset()

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
            ended = await self._no_longer_there(connection)
        if pulse != self._pulse or not ended <= self._ended:
            self._pulse, self._ended = pulse, ended
            self._turn()

    async def _no_longer_there(self, connection: AsyncConnection) -> frozenset[bytes]:
        """Of the sessions of open pages, in one statement, however many there are."""
        there = frozenset(self._open)
        return there - await sessions.still_there(connection, there) if there else there

    def _turn(self) -> None:
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    def nudge(self) -> None:
        """Have every stream look at its log-in now: somebody logged out."""
        self._nudges += 1
        self._turn()

    async def follow(
        self, still_welcome: StillWelcome, *, session: bytes = b""
    ) -> AsyncIterator[bytes]:
        """What one page is told, until its log-in ends or the process stops.

        `session`: the hash of its token; that it was ended is noticed within a second.
        """
        self._open[session] += 1
        try:
            async for told in self._follow(still_welcome, session):
                yield told
        finally:
            self._open[session] -= 1
            if not self._open[session]:
                del self._open[session]

    async def _follow(self, still_welcome: StillWelcome, session: bytes) -> AsyncIterator[bytes]:
        clock = asyncio.get_running_loop().time
        told: Pulse | None = None
        looked = (self._nudges, clock())
        yield b"retry: 2000\n\n"
        while not self._is_closed:
            turned = self._turned
            is_due = self._nudges != looked[0] or clock() - looked[1] >= HEARTBEAT_S
            if is_due or (session and session in self._ended):
                looked = (self._nudges, clock())
                if not await still_welcome():
                    yield b"event: ended\ndata: {}\n\n"
                    return
                yield b": still here\n\n"
            if self._pulse is not None and self._pulse != told:
                told = self._pulse
                yield told.encoded()
            await loops.pause(HEARTBEAT_S, turned)
