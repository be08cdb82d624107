"""A watchdog outside, as Healthchecks is one: real HTTP on loopback, and a deadline that passes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4


@dataclass
class PingServer:
    """What was said to it, in order: what follows the check's address, and the body."""

    port: int = 0
    check: str = field(default_factory=lambda: str(uuid4()))
    status: int = 200
    heard: list[tuple[str, str]] = field(default_factory=list)
    _ping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{self.check}"

    async def hears(self, suffix: str, *, within_s: float = 10) -> str:
        """The body of the first such ping from now on."""
        seen = len(self.heard)
        async with asyncio.timeout(within_s):
            while True:
                for said, body in self.heard[seen:]:
                    if said == suffix:
                        return body
                self._ping.clear()
                await self._ping.wait()

    async def hears_nothing_good(self, *, for_s: float) -> None:
        """Returns when the deadline has passed; each good ping moves it."""
        while True:
            try:
                await self.hears("", within_s=for_s)
            except TimeoutError:
                return

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request to a connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        request, *lines = head.split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines if line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        path = request.split()[1]
        is_ours = path.startswith(f"/{self.check}")
        status = self.status if is_ours else 404
        if is_ours and status == 200:
            self.heard.append((path.removeprefix(f"/{self.check}"), body.decode()))
            self._ping.set()
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: 2\r\n\r\nOK".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def ping_server() -> AsyncIterator[PingServer]:
    kept = PingServer()
    listening = await asyncio.start_server(kept.answer, "127.0.0.1", 0)
    kept.port = listening.sockets[0].getsockname()[1]
    try:
        yield kept
    finally:
        listening.close()
