"""Hands alarms to mail servers: the one for alarms first, and where that fails, the usual one."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.alerts.deliver.channel import ChannelError, Claimed
from services.alerts.deliver.email import Mailer, Server
from services.alerts.deliver.envelope import envelope
from services.alerts.tell.letters import Letter
from shared.domain.delivery import Channel, MessageKind

#: For all servers together; whoever is slower is as good as away.
PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Address:
    """Whom to tell, and in which language."""

    address: str
    language: str


@dataclass(frozen=True, slots=True)
class Post:
    """Servers in the order in which they are tried."""

    servers: Sequence[Server]
    mail_from: str

    def message(self, letter: Letter, to: Address, *, at: datetime) -> Claimed:
        """One that no outbox knows."""
        name = f"<alarm-{secrets.token_hex(12)}@{self.mail_from.rpartition('@')[2]}>"
        return Claimed(
            id=0, attempt_id=0, incident_id=None, user_id=None, kind=MessageKind.ALERT,
            channel=Channel.EMAIL, address=to.address, language=to.language,
            subject=letter.subject, body=letter.body, short="", message_id=name, attempts=1,
            created_at=at, is_repeat=False,
        )  # fmt: skip

    async def send(self, claimed: Claimed) -> str:
        """The answer of the first server that takes it. Raises ChannelError if none does."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._send(claimed)
        except TimeoutError as exc:
            raise ChannelError("too slow", retryable=True, may_have_arrived=True) from exc

    async def _send(self, claimed: Claimed) -> str:
        """A connection for each: alarms are few."""
        message = envelope(claimed, mail_from=self.mail_from)
        fault = ChannelError("no mail server is set up for alarms", retryable=True)
        for server in self.servers:
            mailer = Mailer(server)
            try:
                answer = await mailer.send(message, envelope_from=self.mail_from)
            except ChannelError as exc:
                await mailer.drop()
                fault = exc
                continue
            await mailer.rest()
            return answer
        raise fault
