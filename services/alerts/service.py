"""The loops of the alerts service: ticks while the timer triggers, deliveries while mail is due."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts import carriers, metrics
from services.alerts.deliver import queries as outbox
from services.alerts.deliver.box import Box, Messages
from services.alerts.deliver.deliverer import Deliverer
from services.alerts.following import Following
from services.alerts.lease import queries as lease
from services.alerts.people_mail import sending as people_mail
from services.alerts.people_mail.sending import PeopleMail
from services.alerts.settings import Settings
from services.alerts.sms.service import Sms
from services.alerts.tell.outbox import Sender
from services.alerts.tick import Holder, Ticked, tick
from services.alerts.timer import Timer
from services.alerts.vacancies import daily
from shared.db.session import reading, unit_of_work
from shared.domain.delivery import Channel
from shared.runtime import logging, loops

log = logging.get(__name__)

#: Pieces of a long stop that are made up for at one trigger.
_MOST_TICKS = 10


class Service:
    """One of possibly several; the lease says which of them runs the ticks."""

    def __init__(
        self, config: Settings, engine: AsyncEngine, *, name: str, now: Callable[[], datetime]
    ) -> None:
        self._config = config
        self._engine = engine
        self._now = now
        self._holder = Holder(name, timedelta(seconds=config.lease_s))
        self._sender = Sender(
            config.mail_from.rpartition("@")[2], config.console_url, carriers.limits(config)
        )
        self._pushes = carriers.pushes(config, engine, carriers.way_to_push_services(), now=now)
        self._sms = Sms.of(config, engine, now=now, beside={Channel.PUSH: self._pushes})
        self._following = Following(config, engine, self._sender, now)
        self._mail_waits = asyncio.Event()
        self._is_holder = False
        self._ticked_at: datetime | None = None
        self._timer = Timer()
        self._ticks = self._timer.every(config.tick_every_s)

    def why_not_ready(self) -> str | None:
        """A standby is ready too: it looked at the lease."""
        patience = timedelta(seconds=10 * self._config.tick_every_s)
        if self._ticked_at is None or self._now() - self._ticked_at > patience:
            return "no tick has succeeded lately"
        return None

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        looks = self._timer.every(self._config.tick_every_s)
        self._timer.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._loop(self._ticks, self._tick, "tick", stop), name="tick")
                group.create_task(self._loop(looks, self._look, "backlog", stop), name="backlog")
                group.create_task(
                    loops.every(daily.EVERY_S, self._day, name="daily", stop=stop), name="daily"
                )
                group.create_task(self._write_to_people(stop), name="people-mail")
                group.create_task(self._following.run(stop), name="following")
                group.create_task(self._sms.run(stop), name="sms")
                for number in range(self._config.deliverers):
                    group.create_task(self._deliver(number, stop), name=f"deliver-{number}")
        finally:
            self._timer.stop()
        await loops.until_done(self._give_back, name="give_back", stop=stop)

    async def _loop(
        self,
        due: asyncio.Event,
        body: Callable[[], Awaitable[None]],
        name: str,
        stop: asyncio.Event,
    ) -> None:
        async def once() -> None:
            await due.wait()
            due.clear()
            await body()

        await loops.every(0, once, name=name, stop=stop)

    async def _tick(self) -> None:
        for _ in range(_MOST_TICKS):
            started = time.perf_counter()
            now = self._now()
            ticked = await tick(self._engine, self._holder, self._sender, now)
            metrics.TICK_SECONDS.observe(time.perf_counter() - started)
            self._note(ticked, now)
            if ticked is None or not ticked.is_behind:
                break
        if ticked is not None and ticked.hold_ends_at is not None:
            # Then, and not up to a second later.
            self._timer.once_more(self._ticks, ticked.hold_ends_at)

    def _note(self, ticked: Ticked | None, now: datetime) -> None:
        self._ticked_at = now
        if self._is_holder is not (ticked is not None):
            self._is_holder = ticked is not None
            log.info("lease_taken" if ticked else "lease_lost", epoch=ticked and ticked.epoch)
        metrics.IS_HOLDER.set(self._is_holder)
        if ticked is None:
            return
        self._mail_waits.set()
        if ticked.watermark is not None:
            metrics.WATERMARK_LAG.set((now - ticked.watermark).total_seconds())
        if ticked.watermark is not None and ticked.judged_until is not None:
            metrics.JUDGED_LAG.set((ticked.watermark - ticked.judged_until).total_seconds())

    async def _day(self) -> None:
        """What is wrong in the registry, told once a day; two services tell it once as well."""
        async with unit_of_work(self._engine) as connection:
            await daily.tell(connection, self._sender, now=self._now())

    async def _look(self) -> None:
        """Measure what waits; beside the ticks, so that no tick waits for it."""
        async with reading(self._engine) as connection:
            waiting = await outbox.backlog(connection)
        oldest_at = waiting.oldest_at or self._now()
        metrics.OUTBOX_PENDING.set(waiting.pending)
        metrics.OUTBOX_OLDEST.set((self._now() - oldest_at).total_seconds())
        metrics.OPEN_GAPS.set(waiting.open_gaps)
        metrics.OPEN_INCIDENTS.set(waiting.open_incidents)

    async def _write_to_people(self, stop: asyncio.Event) -> None:
        """Mails about people's own accounts, beside those about incidents."""
        deliverer = self._deliverer(PeopleMail())
        await loops.every(people_mail.EVERY_S, deliverer.run, name="people_mail", stop=stop)

    async def _deliver(self, number: int, stop: asyncio.Event) -> None:
        deliverer = self._deliverer(
            Messages(list(self._sender.limits), carriers.links(self._config), self._sender.limits)
        )

        async def once() -> None:
            await deliverer.run()
            await self._wait_for_mail()

        await loops.every(0, once, name=f"deliver-{number}", stop=stop)

    def _deliverer(self, box: Box) -> Deliverer:
        config = self._config
        return Deliverer(
            self._engine,
            box,
            {
                **carriers.carriers(config),
                **self._sms.carriers,
                Channel.PUSH: self._pushes,
            },
            self._now,
            timedelta(seconds=config.repeat_after_s),
        )

    async def _wait_for_mail(self) -> None:
        """Until a tick may have written some, or a while: another service writes too."""
        try:
            async with asyncio.timeout(self._config.tick_every_s):
                await self._mail_waits.wait()
        except TimeoutError:
            return
        self._mail_waits.clear()

    async def _give_back(self) -> None:
        async with unit_of_work(self._engine) as connection:
            await lease.give_back(connection, holder=self._holder.name, now=self._now())
