"""The channel of short messages: what an outbox claims, through whichever gateway takes it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.alerts.deliver.channel import Accepted, ChannelError, Claimed
from services.alerts.sms import queries
from services.alerts.sms.dispatch import Dispatch
from services.alerts.sms.gateway import Arrived
from services.alerts.sms.words import Letter
from shared.db.session import reading, unit_of_work
from shared.domain import sms_reply, telephone
from shared.domain.delivery import MessageKind
from shared.domain.sms_failover import Try
from shared.i18n import translator

#: What asks for somebody to take it up, and so can be answered.
ANSWERED = frozenset(
    {
        MessageKind.ALERT, MessageKind.ESCALATION, MessageKind.NEWS, MessageKind.HANDED_OVER,
        MessageKind.REMINDER, MessageKind.UNSTABLE, MessageKind.EXEMPTION_ENDED,
        MessageKind.ASSIGNED,
    }
)  # fmt: skip


class Record(Protocol):
    """What an outbox remembers of its attempts."""

    async def tries(self, connection: AsyncConnection, claimed: Claimed) -> Sequence[Try]:
        """What became of this message so far."""
        ...

    async def arrived(self, connection: AsyncConnection, claimed: Claimed) -> Arrived | None:
        """Who says meanwhile that it is there: then nobody has to be asked."""
        ...

    async def trying(
        self, connection: AsyncConnection, claimed: Claimed, gateway: str, *, now: datetime
    ) -> None:
        """Whom we ask now: if we die over it, whoever goes on asks the same one first."""
        ...


class SmsChannel:
    """A `Carrier`; `reply_key` makes the codes of answers, and without it nothing asks for one."""

    def __init__(
        self,
        engine: AsyncEngine,
        dispatch: Dispatch,
        record: Record,
        *,
        reply_key: bytes | None,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._record = record
        self._now = now
        self._dispatch = dispatch
        self._reply_key = reply_key

    async def send(self, claimed: Claimed) -> Accepted:
        """Raises ChannelError."""
        if telephone.e164(claimed.address) != claimed.address:
            raise ChannelError("no telephone number", retryable=False, is_address_bad=True)
        async with reading(self._engine) as connection:
            is_marked = await queries.is_marked(connection, claimed)
            tries = await self._record.tries(connection, claimed)
            arrived = await self._record.arrived(connection, claimed) if tries else None
        if arrived is not None:
            return Accepted(arrived.gateway, arrived.ref, receipt_expected=True)
        letter = Letter(
            claimed.address,
            claimed.short,
            translator(claimed.language),
            claimed.message_id,
            is_marked=is_marked,
            reply_code=self._reply_code(claimed),
        )
        return await self._dispatch.send(letter, tries, partial(self._trying, claimed))

    async def rest(self) -> None:
        """Connections are kept: the next message may be an hour away, or a second."""

    async def drop(self) -> None:
        """Each gateway leaves by itself what is broken."""

    def _reply_code(self, claimed: Claimed) -> str | None:
        if self._reply_key is None or claimed.incident_id is None or claimed.kind not in ANSWERED:
            return None
        return sms_reply.code_of(claimed.incident_id, key=self._reply_key)

    async def _trying(self, claimed: Claimed, gateway: str) -> None:
        async with unit_of_work(self._engine) as connection:
            await self._record.trying(connection, claimed, gateway, now=self._now())
