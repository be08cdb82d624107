"""A message centre that speaks SMPP 3.4, read and written octet by octet, with faults on demand."""

import asyncio
import struct
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

BIND_TRANSCEIVER, SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK = 0x09, 0x04, 0x05, 0x06, 0x15
ANSWER = 0x80000000
OK, BIND_FAILED, BAD_DESTINATION, QUEUE_FULL, THROTTLED = 0x00, 0x0D, 0x0B, 0x14, 0x58


class Slip(StrEnum):
    """What goes wrong with one submit_sm."""

    NONE = "none"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    HANG_UP_BEFORE = "hang_up_before"
    HANG_UP_AFTER = "hang_up_after"
    BAD_NUMBER = "bad_number"
    THROTTLED = "throttled"


@dataclass(frozen=True)
class Submitted:
    """A submit_sm as it came over the wire."""

    source: str
    destination: str
    destination_ton: int
    esm_class: int
    registered_delivery: int
    coding: int
    content: bytes

    @property
    def header(self) -> bytes:
        return self.content[: self.content[0] + 1] if self.esm_class & 0x40 else b""

    @property
    def payload(self) -> bytes:
        return self.content[len(self.header) :]


@dataclass
class Centre:
    port: int = 0
    slips: deque[Slip] = field(default_factory=deque)
    taken: list[Submitted] = field(default_factory=list)
    binds: list[tuple[str, str]] = field(default_factory=list)
    #: What became of our deliver_sm: (sequence, status).
    delivered: asyncio.Queue[int] = field(default_factory=asyncio.Queue)
    enquiries: int = 0
    bound: asyncio.Event = field(default_factory=asyncio.Event)
    unbound: asyncio.Event = field(default_factory=asyncio.Event)
    writer: asyncio.StreamWriter | None = None
    _sequence: int = 100

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        try:
            while True:
                size = struct.unpack(">I", await reader.readexactly(4))[0]
                body = await reader.readexactly(size - 4)
                command, status, sequence = struct.unpack(">3I", body[:12])
                if not await self._handle(command, status, sequence, body[12:]):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.bound.clear()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _handle(self, command: int, status: int, sequence: int, body: bytes) -> bool:
        """Whether the line goes on."""
        if command == BIND_TRANSCEIVER:
            system_id, password, _ = body.split(b"\0", 2)
            self.binds.append((system_id.decode(), password.decode()))
            is_right = self.binds[-1] == ("giamsat", "secret")
            await self._say(command | ANSWER, OK if is_right else BIND_FAILED, sequence, b"smsc\0")
            if is_right:
                self.bound.set()
            return is_right
        if command == ENQUIRE_LINK:
            self.enquiries += 1
            await self._say(command | ANSWER, OK, sequence)
        elif command == UNBIND:
            await self._say(command | ANSWER, OK, sequence)
            self.unbound.set()
            return False
        elif command == DELIVER_SM | ANSWER:
            await self.delivered.put(status)
        elif command == SUBMIT_SM:
            return await self._submitted(sequence, body)
        return True

    async def _submitted(self, sequence: int, body: bytes) -> bool:
        slip = self.slips.popleft() if self.slips else Slip.NONE
        refusals = {Slip.BAD_NUMBER: BAD_DESTINATION, Slip.THROTTLED: THROTTLED}
        if slip in refusals:
            await self._say(SUBMIT_SM | ANSWER, refusals[slip], sequence)
            return True
        if slip not in {Slip.TIMEOUT_BEFORE, Slip.HANG_UP_BEFORE}:
            self.taken.append(_submit_of(body))
        if slip is Slip.NONE:
            ref = f"m{len(self.taken)}".encode()
            await self._say(SUBMIT_SM | ANSWER, OK, sequence, ref + b"\0")
        return slip not in {Slip.HANG_UP_BEFORE, Slip.HANG_UP_AFTER}

    async def report(self, ref: str, state: str, *, error: str = "000") -> None:
        """A delivery receipt, as the appendix of the standard has it."""
        said = (
            f"id:{ref} sub:001 dlvrd:001 submit date:2611220210 done date:2611220211 "
            f"stat:{state} err:{error} text:Phong 1"
        )
        await self._deliver("84901234567", said.encode(), esm_class=0x04)

    async def answer_from(self, sender: str, text: str) -> None:
        """What somebody sent, in the alphabet that it needs."""
        try:
            await self._deliver(sender, text.encode("ascii"), esm_class=0)
        except UnicodeEncodeError:
            await self._deliver(sender, text.encode("utf-16-be"), esm_class=0, coding=8)

    async def ask_whether_alive(self) -> None:
        self._sequence += 1
        await self._say(ENQUIRE_LINK, OK, self._sequence)

    async def hang_up(self) -> None:
        assert self.writer is not None
        self.writer.close()

    async def _deliver(
        self, sender: str, content: bytes, *, esm_class: int, coding: int = 0
    ) -> None:
        body = (
            b"\0" + bytes([1, 1]) + sender.encode() + b"\0" + bytes([1, 1]) + b"8080\0"
            + bytes([esm_class, 0, 0]) + b"\0\0" + bytes([0, 0, coding, 0, len(content)]) + content
        )  # fmt: skip
        self._sequence += 1
        await self._say(DELIVER_SM, OK, self._sequence, body)

    async def _say(self, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        assert self.writer is not None
        self.writer.write(struct.pack(">4I", 16 + len(body), command, status, sequence) + body)
        await self.writer.drain()


def _submit_of(body: bytes) -> Submitted:
    _, rest = body.split(b"\0", 1)
    rest = rest[2:]
    source, rest = rest.split(b"\0", 1)
    destination_ton, rest = rest[0], rest[2:]
    destination, rest = rest.split(b"\0", 1)
    esm_class, rest = rest[0], rest[3:]
    _schedule, rest = rest.split(b"\0", 1)
    _validity, rest = rest.split(b"\0", 1)
    registered_delivery, _replace, coding, _default, length = rest[:5]
    return Submitted(
        source.decode(), destination.decode(), destination_ton, esm_class, registered_delivery,
        coding, rest[5 : 5 + length],
    )  # fmt: skip


@asynccontextmanager
async def centre() -> AsyncIterator[Centre]:
    kept = Centre()
    lines: set[asyncio.Task[None]] = set()

    def began(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.add(asyncio.ensure_future(kept.serve(reader, writer)))

    listening = await asyncio.start_server(began, "127.0.0.1", 0)
    kept.port = listening.sockets[0].getsockname()[1]
    try:
        yield kept
    finally:
        listening.close()
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)
