"""A TCP proxy that misbehaves on command: slow, narrow, deaf, mute, or gone at the worst moment."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

HOST = "127.0.0.1"
_CHUNK = 64 * 1024


class Way(StrEnum):
    """UP is from the client to the server."""

    UP = "up"
    DOWN = "down"


@dataclass(slots=True)
class Conditions:
    """What is wrong with the line now. `swallows`: both ways is half-open, one way one-way loss.

    A stream has no holes: what has swallowed a byte delivers nothing more, whatever comes later.
    """

    latency_s: float = 0.0
    bytes_per_s: float = 0.0
    swallows: frozenset[Way] = frozenset()
    is_refusing: bool = False


#: Is given all bytes of one connection on their way up; True with those that end a request of the
#: kind that ambushes wait for.
Spotter = Callable[[bytes], bool]


def blind() -> Spotter:
    """Recognises nothing."""
    return lambda _: False


@dataclass(slots=True)
class Ambush:
    """Waits for a request that the spotter recognises, and cuts its connection.

    With `is_forwarded` the server gets the request, and the cut comes at the first byte of its
    reply; without, the request itself is lost. `is_sprung` is set then.
    """

    is_forwarded: bool
    is_sprung: asyncio.Event = field(default_factory=asyncio.Event)


class _Line:
    """One connection through the proxy."""

    def __init__(self, spots: Spotter, *writers: asyncio.StreamWriter) -> None:
        self._writers = writers
        self.spots = spots
        self.dead: set[Way] = set()
        self.awaits_reply: Ambush | None = None

    def abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


class TcpProxy:
    """Listens on a port of its own; as a context manager it runs for the length of the block.

    `spotter` makes a new one for each connection.
    """

    def __init__(self, server_port: int, spotter: Callable[[], Spotter] = blind) -> None:
        self._server_port = server_port
        self._spotter = spotter
        self._lines: set[_Line] = set()
        self._ambush: Ambush | None = None
        self._left: dict[Way, int] = {}
        self.conditions = Conditions()
        self.port = 0

    async def __aenter__(self) -> "TcpProxy":
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        while self._lines:
            self.cut()
            await asyncio.sleep(0)
        await self._server.wait_closed()

    # -- what may go wrong -----------------------------------------------------------------

    def cut(self) -> None:
        """Every connection ends at once, without a goodbye."""
        for line in self._lines:
            line.abort()

    def cut_after(self, count: int, way: Way) -> None:
        """So many bytes more, then every connection ends: mostly in the middle of a message."""
        self._left[way] = count

    def cut_before_reply(self) -> Ambush:
        """Nobody will know what became of the next such request: the server has it, we are gone."""
        self._ambush = Ambush(is_forwarded=True)
        return self._ambush

    def cut_before_request(self) -> Ambush:
        """The next such request never arrives."""
        self._ambush = Ambush(is_forwarded=False)
        return self._ambush

    def restore(self) -> None:
        """Nothing is wrong any more; what was broken has to connect again."""
        self.conditions = Conditions()
        self._left.clear()
        self._ambush = None

    # -- within ----------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.conditions.is_refusing:
                raise ConnectionRefusedError
            there, back = await asyncio.open_connection(HOST, self._server_port)
        except OSError:
            writer.transport.abort()
            return
        line = _Line(self._spotter(), writer, back)
        self._lines.add(line)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, back, line, Way.UP))
                group.create_task(self._pump(there, writer, line, Way.DOWN))
        finally:
            line.abort()
            self._lines.discard(line)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: _Line, way: Way
    ) -> None:
        """Ends with its own direction only: what the other carries is still on its way."""
        carry: Callable[[bytes, _Line], bytes] = self._up if way is Way.UP else self._down
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._delay(data)
                if way in self.conditions.swallows:
                    line.dead.add(way)
                if way not in line.dead:
                    writer.write(self._within_limit(carry(data, line), line, way))
                    await writer.drain()
        if way not in line.dead:
            with suppress(OSError):
                writer.write_eof()

    async def _delay(self, data: bytes) -> None:
        now = self.conditions
        await asyncio.sleep(
            now.latency_s + (len(data) / now.bytes_per_s if now.bytes_per_s else 0.0)
        )

    def _up(self, data: bytes, line: _Line) -> bytes:
        is_request = line.spots(data)
        ambush = self._ambush
        if ambush is None or not is_request:
            return data
        self._ambush = None
        if ambush.is_forwarded:
            line.awaits_reply = ambush
            return data
        self._spring(ambush, line)
        return b""

    def _down(self, data: bytes, line: _Line) -> bytes:
        if line.awaits_reply is None:
            return data
        self._spring(line.awaits_reply, line)
        return b""

    def _spring(self, ambush: Ambush, line: _Line) -> None:
        line.abort()
        ambush.is_sprung.set()

    def _within_limit(self, data: bytes, line: _Line, way: Way) -> bytes:
        left = self._left.get(way)
        if left is None:
            return data
        self._left[way] = left - len(data)
        if left > len(data):
            return data
        del self._left[way]
        line.dead.add(way)
        asyncio.get_running_loop().call_soon(self.cut)
        return data[:left]
