"""A real SMTP server on loopback, in the test's own event loop, that can be told to misbehave."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP

#: What the server answers to a message, by its subject; nothing means: accept it.
Answer = Callable[[EmailMessage], Awaitable[str | None]]


async def accept(_: EmailMessage) -> str | None:
    return None


@dataclass
class MailServer:
    """What arrived, in order."""

    port: int = 0
    answer: Answer = accept
    refused_recipients: dict[str, str] = field(default_factory=dict)
    received: list[EmailMessage] = field(default_factory=list)
    #: Whom each of them names on its envelope, where it would come back to.
    senders: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        if address in self.refused_recipients:
            return self.refused_recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: Any, _session: object, envelope: Any
    ) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        answer = await self.answer(message)
        if answer in {None, "hang up"}:
            self.received.append(message)
            self.senders.append(str(envelope.mail_from))
        if answer is None:
            return "250 accepted"
        if answer == "hang up":
            server.transport.abort()
        return answer


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    kept = MailServer()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: SMTP(kept, hostname="localhost", loop=loop, enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    kept.port = listening.sockets[0].getsockname()[1]
    try:
        yield kept
    finally:
        listening.close()
