"""Codes and tests as an outbox; a code that comes too late is not sent at all."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.box import NotSent, Sent
from services.alerts.deliver.channel import Claimed
from services.alerts.people_text import queries
from shared.domain.delivery import GiveUp, TryAgain

EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class PeopleTexts:
    """A Box. What was sent or given up is emptied: it may hold a code."""

    async def claim(
        self, connection: AsyncConnection, *, now: datetime, due_again_at: datetime
    ) -> Claimed | None:
        await queries.bury_expired(connection, now=now)
        return await queries.claim(connection, now=now, due_again_at=due_again_at)

    async def sent(self, connection: AsyncConnection, end: Sent) -> None:
        await queries.mark_sent(connection, end.claimed.id, end.accepted, now=end.now)

    async def not_sent(self, connection: AsyncConnection, end: NotSent) -> None:
        if not end.fault.may_have_arrived:
            await queries.settle(connection, end.claimed.id)
        match end.verdict:
            case TryAgain(at):
                await queries.postpone(connection, end.claimed, due_at=at)
            case GiveUp():
                await queries.bury(connection, end.claimed.id)
