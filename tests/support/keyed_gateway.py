"""A gateway over a real socket that knows its messages by key: a repeat is taken for what it is."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from services.alerts.deliver.channel import Accepted, ChannelError, Claimed

PROVIDER = "keyed"
#: What it answers to a message; nothing means: take it. "hang up" takes it and says nothing.
Answer = Callable[[dict[str, str]], Awaitable[str | None]]


async def take(_: dict[str, str]) -> str | None:
    return None


@dataclass
class KeyedGateway:
    """What was asked, in order, and what went out under which key."""

    port: int = 0
    answer: Answer = take
    asked: list[str] = field(default_factory=list)
    out: dict[str, dict[str, str]] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the other side hangs up, or dies."""
        with suppress(ConnectionError):
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One line asks, one line answers."""
        while line := await reader.readline():
            message = json.loads(line)
            self.asked.append(message["key"])
            answer = await self.answer(message)
            if answer is None or answer == "hang up":
                self.out.setdefault(message["key"], message)
            if answer == "hang up":
                break
            writer.write(f"{answer or 'taken'}\n".encode())
            await writer.drain()


@asynccontextmanager
async def keyed_gateway() -> AsyncIterator[KeyedGateway]:
    gateway = KeyedGateway()
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    gateway.port = server.sockets[0].getsockname()[1]
    try:
        yield gateway
    finally:
        server.close()


@dataclass(frozen=True)
class KeyedCarrier:
    """A Carrier to it; the key is the name of the message."""

    port: int
    promises_receipts: bool = False

    async def send(self, claimed: Claimed) -> Accepted:
        message = {"key": claimed.message_id, "to": claimed.address, "text": claimed.short}
        try:
            answer = await self._ask(message)
        except OSError as exc:
            raise ChannelError(str(exc), retryable=True, may_have_arrived=True) from exc
        if answer == "taken":
            return Accepted(PROVIDER, claimed.message_id, self.promises_receipts)
        if not answer:
            raise ChannelError("no answer", retryable=True, may_have_arrived=True)
        is_final = answer.startswith("never")
        raise ChannelError(answer, retryable=not is_final, is_address_bad=is_final)

    async def _ask(self, message: dict[str, str]) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(json.dumps(message).encode() + b"\n")
            return (await reader.readline()).decode().strip()
        finally:
            writer.close()

    async def rest(self) -> None:
        """It keeps no connection."""

    async def drop(self) -> None:
        """It keeps no connection."""
