"""Sends what is due: claim, send, write down, one after the other. Retries are here."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts import metrics
from services.alerts.deliver.box import Box, NotSent, Sent
from services.alerts.deliver.channel import Accepted, Carrier, ChannelError, Claimed
from shared.db.session import unit_of_work
from shared.domain.delivery import Channel, Failure, GiveUp, Outcome, after_failure
from shared.runtime import logging

log = logging.get(__name__)


async def _go_on(_: Claimed) -> None:
    """Nothing stands between sending and writing it down."""


@dataclass(frozen=True, slots=True)
class Deliverer:
    """What sending takes. `before_recording` is where a test kills us."""

    engine: AsyncEngine
    box: Box
    carriers: Mapping[Channel, Carrier]
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
            for carrier in self.carriers.values():
                await carrier.rest()
        return count

    async def send_next(self) -> bool:
        """False if nothing is due."""
        # Whoever is not done by then must not go on: someone else may be sending it again. It
        # counts from before the claim, for whoever is stopped right after it.
        give_up_s = asyncio.get_running_loop().time() + self.repeat_after.total_seconds() / 2
        now = self.now()
        async with unit_of_work(self.engine) as connection:
            claimed = await self.box.claim(
                connection, now=now, due_again_at=now + self.repeat_after
            )
        if claimed is None:
            return False
        try:
            async with asyncio.timeout_at(give_up_s):
                accepted = await self.carriers[claimed.channel].send(claimed)
        except ChannelError as exc:
            await self._failed(claimed, exc)
            return True
        except TimeoutError:
            slow = ChannelError("too slow", retryable=True, may_have_arrived=True)
            await self._failed(claimed, slow)
            return True
        await self.before_recording(claimed)
        await self._sent(claimed, accepted)
        return True

    async def _sent(self, claimed: Claimed, accepted: Accepted) -> None:
        async with unit_of_work(self.engine) as connection:
            await self.box.sent(connection, Sent(claimed, accepted, self.now()))
        metrics.MESSAGES.labels(claimed.channel, Outcome.ACCEPTED).inc()

    async def _failed(self, claimed: Claimed, fault: ChannelError) -> None:
        """A connection on which something went wrong is not used again."""
        await self.carriers[claimed.channel].drop()
        now = self.now()
        verdict = after_failure(
            Failure(fault.retryable, fault.wait),
            attempts=claimed.attempts,
            created_at=claimed.created_at,
            now=now,
        )
        async with unit_of_work(self.engine) as connection:
            await self.box.not_sent(connection, NotSent(claimed, fault, verdict, now))
        outcome = Outcome.RETRY if fault.retryable else Outcome.REFUSED
        metrics.MESSAGES.labels(claimed.channel, outcome).inc()
        log.warning(
            "message_not_accepted",
            message_id=claimed.id,
            kind=claimed.kind,
            channel=claimed.channel,
            attempts=claimed.attempts,
            is_dead=isinstance(verdict, GiveUp),
        )
