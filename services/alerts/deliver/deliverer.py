"""Sends what is due: claim, send, write down, one message after the other."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts import metrics
from services.alerts.deliver import queries
from services.alerts.deliver.email import ChannelError, Mailer
from services.alerts.deliver.envelope import envelope
from services.alerts.deliver.queries import Claimed
from shared.db.session import unit_of_work
from shared.domain.delivery import GiveUp, Outcome, TryAgain, after_failure
from shared.runtime import logging

log = logging.get(__name__)


async def _go_on(_: Claimed) -> None:
    """Nothing stands between sending and writing it down."""


@dataclass(frozen=True, slots=True)
class Deliverer:
    """What sending takes. `before_recording` is where a test kills us."""

    engine: AsyncEngine
    mailer: Mailer
    mail_from: str
    now: Callable[[], datetime]
    repeat_after: timedelta = timedelta(seconds=60)
    before_recording: Callable[[Claimed], Awaitable[None]] = _go_on

    async def run(self) -> int:
        """Send all that is due; how many were taken up."""
        count = 0
        try:
            while await self.send_next():
                count += 1
        finally:
            await self.mailer.rest()
        return count

    async def send_next(self) -> bool:
        """False if nothing is due."""
        async with unit_of_work(self.engine) as connection:
            claimed = await queries.claim(
                connection, now=self.now(), repeat_after=self.repeat_after
            )
        if claimed is None:
            return False
        try:
            # Whoever is not done by then must not go on: someone else may be sending it again.
            async with asyncio.timeout(self.repeat_after.total_seconds() / 2):
                answer = await self.mailer.send(envelope(claimed, mail_from=self.mail_from))
        except ChannelError as exc:
            await self._failed(claimed, exc)
            return True
        except TimeoutError:
            slow = ChannelError("too slow", retryable=True, may_have_arrived=True)
            await self._failed(claimed, slow)
            return True
        await self.before_recording(claimed)
        await self._sent(claimed, answer)
        return True

    async def _sent(self, claimed: Claimed, answer: str) -> None:
        now = self.now()
        async with unit_of_work(self.engine) as connection:
            await queries.end_attempt(connection, claimed, Outcome.ACCEPTED, detail=answer, now=now)
            await queries.mark_sent(connection, claimed, now=now)
        metrics.MAILS.labels(Outcome.ACCEPTED).inc()

    async def _failed(self, claimed: Claimed, fault: ChannelError) -> None:
        """A connection on which something went wrong is not used again."""
        await self.mailer.drop()
        now = self.now()
        outcome = Outcome.RETRY if fault.retryable else Outcome.REFUSED
        verdict = after_failure(
            is_retryable=fault.retryable,
            attempts=claimed.attempts,
            created_at=claimed.created_at,
            now=now,
        )
        async with unit_of_work(self.engine) as connection:
            await queries.end_attempt(
                connection,
                claimed,
                None if fault.may_have_arrived else outcome,
                detail=str(fault),
                now=now,
            )
            match verdict:
                case TryAgain(at):
                    await queries.postpone(connection, claimed, due_at=at)
                case GiveUp(reason):
                    await queries.bury(connection, claimed, reason, now=now)
        metrics.MAILS.labels(outcome).inc()
        log.warning(
            "mail_not_accepted",
            notification_id=claimed.id,
            attempts=claimed.attempts,
            is_dead=isinstance(verdict, GiveUp),
        )
