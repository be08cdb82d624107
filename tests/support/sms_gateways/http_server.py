"""A small HTTP/1.1 server on loopback whose answers, delays and broken connections are scripted."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit


class Trouble(StrEnum):
    """What goes wrong with one request."""

    NONE = "none"
    #: Read, and never answered; nothing was taken over.
    TIMEOUT_BEFORE = "timeout_before"
    #: Taken over, and never answered.
    TIMEOUT_AFTER = "timeout_after"
    #: Taken over, and the connection breaks instead of an answer.
    HANG_UP_AFTER = "hang_up_after"
    ERROR_500 = "error_500"
    #: Taken over, and an answer that says that it was not.
    ERROR_500_AFTER = "error_500_after"
    TOO_MANY = "too_many"
    NO_BALANCE = "no_balance"
    BAD_NUMBER = "bad_number"
    GIBBERISH = "gibberish"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    @property
    def form(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Response:
    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def raw(self) -> bytes:
        content = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            f"Content-Length: {len(content)}",
            "Content-Type: application/json",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + content


#: Nothing: the connection breaks, or nobody ever answers.
Answering = Callable[[Request, Trouble], Response | None]


@dataclass
class HttpServer:
    """`troubles` come one after another; afterwards all is well."""

    answer: Answering
    port: int = 0
    troubles: deque[Trouble] = field(default_factory=deque)
    asked: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answered(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection is good for more."""
        request = await _read(reader)
        self.asked.append(request)
        trouble = self.troubles.popleft() if self.troubles else Trouble.NONE
        response = self.answer(request, trouble)
        if trouble is Trouble.HANG_UP_AFTER:
            return False
        if response is None:
            # Until whoever asked has had enough.
            await reader.read()
            return False
        writer.write(response.raw())
        await writer.drain()
        return True


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, urlsplit(target).path, headers, body)


@asynccontextmanager
async def http_server(answer: Answering) -> AsyncIterator[HttpServer]:
    server = HttpServer(answer)
    connections: set[asyncio.Task[None]] = set()

    def began(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.ensure_future(server.serve(reader, writer)))

    listening = await asyncio.start_server(began, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
