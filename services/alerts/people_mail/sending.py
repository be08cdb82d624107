"""Sends mails with links; a repeat after a crash is harmless, because the link is the same."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts import metrics
from services.alerts.deliver.email import ChannelError, Mailer
from services.alerts.deliver.envelope import envelope
from services.alerts.deliver.queries import Claimed as Notification
from services.alerts.people_mail import queries
from services.alerts.people_mail.queries import Claimed
from shared.db.session import unit_of_work
from shared.domain.delivery import GiveUp, Outcome, TryAgain, after_failure
from shared.runtime import logging

log = logging.get(__name__)

EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Sending:
    """What sending takes."""

    engine: AsyncEngine
    mailer: Mailer
    mail_from: str
    now: Callable[[], datetime]
    repeat_after: timedelta

    async def run(self) -> None:
        """Send all that is due."""
        async with unit_of_work(self.engine) as connection:
            await queries.bury_expired(connection, now=self.now())
        try:
            while await self.send_next():
                pass
        finally:
            await self.mailer.rest()

    async def send_next(self) -> bool:
        """False if nothing is due."""
        async with unit_of_work(self.engine) as connection:
            claimed = await queries.claim(
                connection, now=self.now(), repeat_after=self.repeat_after
            )
        if claimed is None:
            return False
        try:
            async with asyncio.timeout(self.repeat_after.total_seconds() / 2):
                await self.mailer.send(envelope(_as_message(claimed), mail_from=self.mail_from))
        except ChannelError as exc:
            await self._failed(claimed, exc)
        except TimeoutError:
            await self._failed(claimed, ChannelError("too slow", retryable=True))
        else:
            async with unit_of_work(self.engine) as connection:
                await queries.mark_sent(connection, claimed.id, now=self.now())
            metrics.MAILS.labels(Outcome.ACCEPTED).inc()
        return True

    async def _failed(self, claimed: Claimed, fault: ChannelError) -> None:
        await self.mailer.drop()
        verdict = after_failure(
            is_retryable=fault.retryable,
            attempts=claimed.attempts,
            created_at=claimed.created_at,
            now=self.now(),
        )
        async with unit_of_work(self.engine) as connection:
            match verdict:
                case TryAgain(at):
                    await queries.postpone(connection, claimed, due_at=at)
                case GiveUp():
                    await queries.bury(connection, claimed.id)
        metrics.MAILS.labels(Outcome.RETRY if fault.retryable else Outcome.REFUSED).inc()
        log.warning(
            "person_mail_not_accepted",
            mail_id=claimed.id,
            attempts=claimed.attempts,
            is_dead=isinstance(verdict, GiveUp),
        )


def _as_message(claimed: Claimed) -> Notification:
    """As the envelope takes it; it is about no incident, and never marked as a repeat."""
    return Notification(
        id=claimed.id,
        attempt_id=0,
        incident_id=None,
        address=claimed.address,
        language=claimed.language,
        subject=claimed.subject,
        body=claimed.body,
        message_id=claimed.message_id,
        attempts=claimed.attempts,
        created_at=claimed.created_at,
        is_repeat=False,
    )
