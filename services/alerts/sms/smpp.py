"""A line to a message centre that speaks SMPP 3.4: both ways, kept up, and asked whether it lives.

bind_transceiver ▶ (submit_sm ▶ ◀ submit_sm_resp | ◀ deliver_sm, deliver_sm_resp ▶ | enquire_link)*
"""

import asyncio
import hashlib
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from services.alerts.sms import smpp_pdus as pdus
from services.alerts.sms.gateway import (
    Answered,
    Fault,
    GatewayError,
    Hear,
    NotKeptError,
    Reported,
    ShortMessage,
    Taken,
    Traits,
)  # fmt: skip
from services.alerts.sms.smpp_pdus import Numbers, Pdu
from shared.domain import telephone
from shared.domain.delivery import Receipt
from shared.runtime import logging

log = logging.get(__name__)

_RECEIPT: Final = re.compile(r"\bid:(\S+).*?\bstat:(\w+)", re.IGNORECASE | re.DOTALL)
_ERROR: Final = re.compile(r"\berr:(\w{1,8})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Centre:
    host: str
    port: int
    system_id: str
    password: str
    sender: str
    is_tls: bool
    timeout_s: float
    enquire_every_s: float = 30


class Smpp:
    """Sends over the line that `listen` keeps up."""

    traits = Traits(is_keyed=False, promises_receipts=True, takes_replies=True)

    def __init__(self, name: str, centre: Centre) -> None:
        self.name = name
        self._centre = centre
        self._line: Line | None = None

    @property
    def is_bound(self) -> bool:
        return self._line is not None

    async def send(self, message: ShortMessage) -> Taken:
        line = self._line
        if line is None:
            raise GatewayError(Fault.GATEWAY, "not bound")
        refs: list[str] = []
        for sequence, raw in pdus.submissions(message, line.numbers, sender=self._centre.sender):
            try:
                told = await line.asked(sequence, raw)
            except GatewayError as exc:
                # Of a message in several parts some may be there already.
                fault = Fault.UNKNOWN if refs else exc.fault
                raise GatewayError(fault, exc.detail) from exc
            if told.status != pdus.OK:
                fault = Fault.UNKNOWN if refs else pdus.fault_of(told.status)
                raise GatewayError(fault, f"status 0x{told.status:x}")
            refs.append(told.message_id)
        return Taken(refs[-1][:60])

    async def listen(self, hear: Hear) -> None:
        """Bind, and hear what comes until the line breaks. Raises GatewayError."""
        line = await Line.opened(self._centre)
        try:
            async with asyncio.TaskGroup() as group:
                reading = group.create_task(line.read(hear))
                await line.bound(self._centre)
                self._line = line
                log.info("sms_line_bound", gateway=self.name)
                group.create_task(line.keep_asking(self._centre.enquire_every_s))
                await reading
        except* GatewayError as broken:
            raise broken.exceptions[0] from None
        finally:
            self._line = None
            await line.close()

    async def close(self) -> None:
        if self._line is not None:
            await self._line.say_goodbye()


class Line:
    """One connection: what is asked waits for the answer of the same number."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_s: float
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout_s = timeout_s
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}
        self.numbers = Numbers()

    @classmethod
    async def opened(cls, centre: Centre) -> "Line":
        tls = ssl.create_default_context() if centre.is_tls else None
        try:
            async with asyncio.timeout(centre.timeout_s):
                reader, writer = await asyncio.open_connection(centre.host, centre.port, ssl=tls)
        except (OSError, TimeoutError) as exc:
            raise GatewayError(Fault.GATEWAY, type(exc).__name__) from exc
        return cls(reader, writer, centre.timeout_s)

    async def bound(self, centre: Centre) -> None:
        sequence, raw = pdus.bind(
            self.numbers, system_id=centre.system_id, password=centre.password
        )
        told = await self.asked(sequence, raw)
        if told.status != pdus.OK:
            raise GatewayError(Fault.GATEWAY, f"bind 0x{told.status:x}")

    async def asked(self, sequence: int, raw: bytes) -> Pdu:
        """Its answer. Raises GatewayError; what was said may have been heard all the same."""
        waiting = self._waiting[sequence] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._say(raw)
                told: Pdu = await waiting
                return told
        except (OSError, TimeoutError) as exc:
            raise GatewayError(Fault.UNKNOWN, type(exc).__name__) from exc
        finally:
            del self._waiting[sequence]

    async def read(self, hear: Hear) -> None:
        """Raises GatewayError when the line breaks, and so does whoever waits for an answer."""
        try:
            while True:
                await self._taken_in(await self._next(), hear)
        except (OSError, asyncio.IncompleteReadError, GatewayError) as exc:
            broken = GatewayError(Fault.UNKNOWN, "line broken")
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(broken)
            raise broken from exc

    async def keep_asking(self, every_s: float) -> None:
        """A line that nobody asks may be dead for hours."""
        while True:
            await asyncio.sleep(every_s)
            await self.asked(*pdus.enquire(self.numbers))

    async def say_goodbye(self) -> None:
        with suppress(GatewayError):
            await self.asked(*pdus.unbind(self.numbers))
        self._writer.close()

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _next(self) -> Pdu:
        size = await self._reader.readexactly(4)
        length = int.from_bytes(size)
        if not pdus.HEADER_BYTES <= length <= pdus.MOST_BYTES:
            raise GatewayError(Fault.GATEWAY, "no PDU: length")
        return pdus.read(size + await self._reader.readexactly(length - 4))

    async def _taken_in(self, pdu: Pdu, hear: Hear) -> None:
        if pdu.is_answer:
            waiting = self._waiting.get(pdu.sequence)
            if waiting is not None and not waiting.done():
                waiting.set_result(pdu)
        elif pdu.command == "deliver_sm":
            # It is told that we have it once we have it; else it comes again.
            status = await _heard(pdu, hear)
            await self._say(pdus.answer("deliver_sm_resp", pdu.sequence, status=status))
        elif pdu.command == "enquire_link":
            await self._say(pdus.answer("enquire_link_resp", pdu.sequence))
        elif pdu.command == "unbind":
            await self._say(pdus.answer("unbind_resp", pdu.sequence))
            raise GatewayError(Fault.GATEWAY, "unbound")
        else:
            await self._say(pdus.answer("generic_nack", pdu.sequence, status=0x03))

    async def _say(self, raw: bytes) -> None:
        self._writer.write(raw)
        await self._writer.drain()


async def _heard(pdu: Pdu, hear: Hear) -> int:
    found = _report(pdu) if pdu.is_receipt else _answer(pdu)
    if found is not None:
        try:
            await hear(found)
        except NotKeptError:
            return pdus.TRY_LATER
    return pdus.OK


def _report(pdu: Pdu) -> Reported | None:
    """Nothing for what says only that the message is still under way."""
    found = _RECEIPT.search(pdu.text)
    ref = pdu.receipted_id or (found[1] if found else "")
    state = pdu.state if pdu.state is not None else found[2].upper() if found else ""
    if not ref or state not in pdus.ARRIVED | pdus.DID_NOT_ARRIVE:
        return None
    receipt = Receipt.DELIVERED if state in pdus.ARRIVED else Receipt.FAILED
    error = _ERROR.search(pdu.text)
    return Reported(ref[:60], receipt, f"{state} {error[1] if error else ''}".strip())


def _answer(pdu: Pdu) -> Answered | None:
    """The centre gives it no number of its own: sender, sequence and text stand in for one."""
    sender = telephone.e164(f"+{pdu.sender.removeprefix('+')}") or telephone.e164(pdu.sender)
    if sender is None:
        return None
    said = f"{sender}\n{pdu.sequence}\n{pdu.text}".encode()
    return Answered(hashlib.sha256(said).hexdigest()[:32], sender, pdu.text)
