"""What the deliverer asks of an outbox, and the outbox of messages."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver import queries
from services.alerts.deliver.channel import Accepted, ChannelError, Claimed
from services.alerts.deliver.queries import AttemptEnd
from services.alerts.lost import taking
from services.alerts.lost.taking import Failed, Reason
from services.alerts.outbox.links import Links
from shared.domain.delivery import Channel, GiveUp, MessageState, Outcome, TryAgain


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was taken over."""

    claimed: Claimed
    accepted: Accepted
    now: datetime


@dataclass(frozen=True, slots=True)
class NotSent:
    """A message that was not, and what follows from that."""

    claimed: Claimed
    fault: ChannelError
    verdict: TryAgain | GiveUp
    now: datetime


class Box(Protocol):
    """Each is one transaction of the deliverer's."""

    async def claim(
        self, connection: AsyncConnection, *, now: datetime, due_again_at: datetime
    ) -> Claimed | None:
        """The next one due."""
        ...

    async def sent(self, connection: AsyncConnection, end: Sent) -> None: ...

    async def not_sent(self, connection: AsyncConnection, end: NotSent) -> None: ...


@dataclass(frozen=True, slots=True)
class Messages:
    """The outbox of what is told to people: every attempt and its outcome is on record."""

    channels: Collection[Channel]
    links: Links
    limits: Mapping[Channel, int]

    async def claim(
        self, connection: AsyncConnection, *, now: datetime, due_again_at: datetime
    ) -> Claimed | None:
        """With its links filled in."""
        found = await queries.claim(connection, self.channels, now=now, due_again_at=due_again_at)
        return None if found is None else linked(found, self.links)

    async def sent(self, connection: AsyncConnection, end: Sent) -> None:
        accepted = end.accepted
        record = AttemptEnd(Outcome.ACCEPTED, accepted.provider, accepted.provider_ref)
        await queries.end_attempt(connection, end.claimed, record, now=end.now)
        digest = content_hash(end.claimed)
        await queries.mark_sent(connection, end.claimed, accepted, content_hash=digest, now=end.now)

    async def not_sent(self, connection: AsyncConnection, end: NotSent) -> None:
        """Whoever cannot be reached in this way is told through something else, if there is any."""
        claimed, fault = end.claimed, end.fault
        outcome = Outcome.RETRY if fault.retryable else Outcome.REFUSED
        known = None if fault.may_have_arrived else outcome
        record = AttemptEnd(known, fault.provider, str(fault))
        await queries.end_attempt(connection, claimed, record, now=end.now)
        match end.verdict:
            case TryAgain(at):
                await queries.postpone(connection, claimed, due_at=at)
            case GiveUp(reason):
                failed: list[Failed] = []
                match await queries.bury(connection, claimed, now=end.now):
                    case MessageState.DEAD:
                        failed = [Failed(claimed.id, Reason(reason), fault.is_address_bad)]
                    case MessageState.SENT:
                        failed = [Failed(claimed.id, Reason.NO_RECEIPT)]
                await taking.take(connection, failed, self.limits, now=end.now)


def linked(claimed: Claimed, links: Links) -> Claimed:
    """As it is sent, with its links filled in."""
    body, short = (
        links.fill(
            text,
            notification_id=claimed.id,
            incident_id=claimed.incident_id,
            written_at=claimed.created_at,
        )
        for text in (claimed.body, claimed.short)
    )
    return replace(claimed, body=body, short=short)


def content_hash(claimed: Claimed) -> bytes:
    """Of what its reader reads."""
    is_mail = claimed.channel is Channel.EMAIL
    said = f"{claimed.subject}\n\n{claimed.body}" if is_mail else claimed.short
    return hashlib.sha256(said.encode()).digest()
