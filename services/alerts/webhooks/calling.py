"""Makes the calls: one after the other, in order for each webhook, tried again for two days."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts import metrics
from services.alerts.webhooks import queries
from services.alerts.webhooks.queries import Claimed
from shared.db.session import unit_of_work
from shared.domain import webhooks
from shared.domain.delivery import Failure, GiveUp, Outcome, TryAgain, after_failure
from shared.runtime import logging
from shared.runtime.egress import Egress, EgressError

log = logging.get(__name__)

EVERY_S: Final = 1.0
#: Longer than a call may take.
_AGAIN_AFTER: Final = timedelta(seconds=60)
#: Its receiver has gone for good and says so.
_GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call was not taken."""

    reason: str
    is_gone: bool = False
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Calling:
    """What calling takes; without a key there is no secret to sign with, and nobody is called."""

    engine: AsyncEngine
    egress: Egress
    keys: Sequence[bytes]
    source: str
    now: Callable[[], datetime]

    async def run(self) -> None:
        """Find what is new, and make every call that is due."""
        async with unit_of_work(self.engine) as connection:
            if not await queries.is_any(connection):
                return
            if self.keys:
                await queries.call_for_news(connection, now=self.now())
            await queries.cancel(connection, now=self.now())
        while self.keys and await self.call_next():
            pass

    async def call_next(self) -> bool:
        """False if nothing is due."""
        now = self.now()
        async with unit_of_work(self.engine) as connection:
            # What may not be told any more must not hold up what may.
            await queries.cancel(connection, now=now)
            claimed = await queries.claim(
                connection, source=self.source, now=now, again=now + _AGAIN_AFTER
            )
        if claimed is None:
            return False
        refusal = await self._call(claimed)
        if refusal is None:
            await self._end(claimed, "sent", "")
        else:
            await self._failed(claimed, refusal)
        return True

    async def _call(self, claimed: Claimed) -> Refusal | None:
        body = json.dumps(claimed.call.as_cloud_event(), ensure_ascii=False).encode()
        secrets = [webhooks.secret_of(claimed.salt, key) for key in self.keys]
        headers = webhooks.signed(
            body, call_id=claimed.call.id, sent_at=self.now(), secrets=secrets
        )
        headers["Content-Type"] = "application/cloudevents+json; charset=UTF-8"
        try:
            answer = await self.egress.post(claimed.url, body, headers=headers)
        except EgressError as exc:
            return Refusal(str(exc))
        if 200 <= answer.status < 300:
            return None
        wait = webhooks.wait_of(answer.retry_after, now=self.now())
        return Refusal(f"it answered {answer.status}", answer.status == _GONE, wait)

    async def _failed(self, claimed: Claimed, refusal: Refusal) -> None:
        now = self.now()
        verdict = after_failure(
            Failure(not refusal.is_gone, refusal.wait),
            attempts=claimed.attempts,
            created_at=claimed.created_at,
            now=now,
        )
        match verdict:
            case TryAgain(at):
                async with unit_of_work(self.engine) as connection:
                    await queries.postpone(connection, claimed, due_at=at, detail=refusal.reason)
            case GiveUp():
                state = "gone" if refusal.is_gone else "dead"
                await self._end(claimed, state, refusal.reason)
        log.warning(
            "webhook_not_taken",
            call_id=claimed.id,
            attempts=claimed.attempts,
            reason=refusal.reason,
        )

    async def _end(self, claimed: Claimed, state: str, detail: str) -> None:
        async with unit_of_work(self.engine) as connection:
            await queries.end(connection, claimed, state, detail=detail, now=self.now())
        outcome = Outcome.ACCEPTED if state == "sent" else Outcome.REFUSED
        metrics.MESSAGES.labels("webhook", outcome).inc()
