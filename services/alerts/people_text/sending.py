"""Codes and tests as an outbox; a code that comes too late is not sent at all."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.box import NotSent, Sent
from services.alerts.deliver.channel import Claimed
from services.alerts.people_post import leaving
from services.alerts.people_post import queries as post
from services.alerts.people_text import queries
from services.alerts.people_text.queries import KEPT

EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class PeopleTexts:
    """A Box. What was sent or given up is emptied: it may hold a code."""

    async def claim(
        self, connection: AsyncConnection, *, now: datetime, due_again_at: datetime
    ) -> Claimed | None:
        await post.bury_expired(connection, KEPT, now=now)
        return await queries.claim(connection, now=now, due_again_at=due_again_at)

    async def sent(self, connection: AsyncConnection, end: Sent) -> None:
        accepted = end.accepted
        await post.mark_sent(
            connection,
            KEPT,
            end.claimed.id,
            now=end.now,
            provider=accepted.provider,
            provider_ref=accepted.provider_ref[:200],
            unsure_of=None,
        )

    async def not_sent(self, connection: AsyncConnection, end: NotSent) -> None:
        if not end.fault.may_have_arrived:
            await queries.settle(connection, end.claimed.id)
        await leaving.not_sent(connection, KEPT, end)
