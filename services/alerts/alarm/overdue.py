"""Sends through the second server what the first has not taken of the messages about ourselves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.alarm import queries
from services.alerts.alarm.post import Post
from services.alerts.alarm.queries import PROVIDER
from services.alerts.deliver import queries as outbox
from services.alerts.deliver.box import content_hash, linked
from services.alerts.deliver.channel import Accepted, ChannelError, Claimed
from services.alerts.deliver.queries import AttemptEnd
from services.alerts.outbox.links import Links
from shared.db.session import unit_of_work
from shared.domain.delivery import Outcome
from shared.runtime import logging

log = logging.get(__name__)

#: Longer than an attempt may take.
CLAIM_FOR: Final = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class SecondWay:
    """What sending takes; `after`: so long the first server has."""

    engine: AsyncEngine
    post: Post
    links: Links
    now: Callable[[], datetime]
    after: timedelta

    async def run(self) -> None:
        """All that is overdue, each once; where it fails, it is tried again later."""
        while await self._send_next():
            pass

    async def _send_next(self) -> bool:
        async with unit_of_work(self.engine) as connection:
            found = await queries.claim(
                connection, now=self.now(), after=self.after, claim_for=CLAIM_FOR
            )
        if found is None:
            return False
        overdue = linked(found, self.links)
        try:
            answer = await self.post.send(overdue)
        except ChannelError as exc:
            await self._end(overdue, AttemptEnd(Outcome.RETRY, PROVIDER, str(exc)))
            log.warning("alarm_not_accepted", notification_id=overdue.id)
            return True
        await self._sent(overdue, answer)
        log.info("alarm_sent", notification_id=overdue.id)
        return True

    async def _end(self, overdue: Claimed, end: AttemptEnd) -> None:
        async with unit_of_work(self.engine) as connection:
            await outbox.end_attempt(connection, overdue, end, now=self.now())

    async def _sent(self, overdue: Claimed, answer: str) -> None:
        now, digest = self.now(), content_hash(overdue)
        end = AttemptEnd(Outcome.ACCEPTED, PROVIDER, answer)
        async with unit_of_work(self.engine) as connection:
            await outbox.end_attempt(connection, overdue, end, now=now)
            await outbox.mark_sent(
                connection, overdue, Accepted(PROVIDER, answer), content_hash=digest, now=now
            )
