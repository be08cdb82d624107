"""The door for bounces: SMTP on loopback, where our own mail server hands them in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.alerts.bounces import report
from services.alerts.bounces.report import Report
from services.alerts.deliver.return_path import ReturnPath
from shared.runtime import logging

log = logging.get(__name__)

LOOPBACK: Final = "127.0.0.1"
LARGEST: Final = 1_000_000
_OK: Final = "250 2.0.0 taken"
_LATER: Final = "451 4.3.0 later"
_NOBODY: Final = "550 5.1.1 nobody is waiting for that"

#: Writes a report down; False if that is not possible now.
Take = Callable[[int, Report], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Door:
    """Takes only what comes back to an address that we made."""

    return_path: ReturnPath
    take: Take

    async def handle_RCPT(  # noqa: N802 - as the library calls it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if self.return_path.notification_of(address) is None:
            return _NOBODY
        envelope.rcpt_tos.append(address)
        return _OK

    async def handle_DATA(  # noqa: N802 - as the library calls it
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        found = report.read(content) if isinstance(content, bytes) else None
        numbers = [self.return_path.notification_of(address) for address in envelope.rcpt_tos]
        for number in numbers:
            if found is None or number is None:
                continue
            if not await self.take(number, found):
                return _LATER
            log.info("mail_reported", notification_id=number, receipt=found.receipt)
        return _OK


@asynccontextmanager
async def listening(door: Door, port: int) -> AsyncIterator[int]:
    """The port it listens at; any free one for 0."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(door, hostname="localhost", loop=loop, data_size_limit=LARGEST, timeout=60),
        LOOPBACK,
        port,
    )
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await server.wait_closed()
