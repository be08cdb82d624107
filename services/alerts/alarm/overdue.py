"""Sends through the second server what the first has not taken of the messages about ourselves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.alarm import queries
from services.alerts.alarm.post import Post
from services.alerts.deliver.channel import ChannelError
from services.alerts.outbox.links import Links
from shared.db.session import unit_of_work
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
            overdue = await queries.claim(
                connection, now=self.now(), after=self.after, claim_for=CLAIM_FOR
            )
        if overdue is None:
            return False
        try:
            answer = await self.post.send(overdue.filled(self.links))
        except ChannelError as exc:
            async with unit_of_work(self.engine) as connection:
                await queries.failed(connection, overdue, str(exc), self.now())
            log.warning("alarm_not_accepted", notification_id=overdue.id)
            return True
        async with unit_of_work(self.engine) as connection:
            await queries.sent(connection, overdue, answer, self.now())
        log.info("alarm_sent", notification_id=overdue.id)
        return True
