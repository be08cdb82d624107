"""Mails with links as an outbox; after a crash one comes twice, and the link is the same."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.box import NotSent, Sent
from services.alerts.deliver.channel import Claimed
from services.alerts.people_mail import queries
from services.alerts.people_mail.queries import KEPT
from services.alerts.people_post import leaving
from services.alerts.people_post import queries as post

EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class PeopleMail:
    """A Box. What was sent or given up is emptied: it holds a link."""

    async def claim(
        self, connection: AsyncConnection, *, now: datetime, due_again_at: datetime
    ) -> Claimed | None:
        await post.bury_expired(connection, KEPT, now=now)
        return await queries.claim(connection, now=now, due_again_at=due_again_at)

    async def sent(self, connection: AsyncConnection, end: Sent) -> None:
        await post.mark_sent(connection, KEPT, end.claimed.id, now=end.now)

    async def not_sent(self, connection: AsyncConnection, end: NotSent) -> None:
        await leaving.not_sent(connection, KEPT, end)
