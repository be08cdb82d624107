"""What happens beside the ticks: messages are followed, digested and bounced, agencies called."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts import carriers
from services.alerts.bounces import listener, taking
from services.alerts.bounces.listener import Door
from services.alerts.bounces.report import Report
from services.alerts.digests import digesting
from services.alerts.lost import following
from services.alerts.settings import Settings
from services.alerts.tell.outbox import Sender
from services.alerts.webhooks import calling
from services.alerts.webhooks.calling import Calling
from shared.db.session import unit_of_work
from shared.domain import ack_link
from shared.runtime import logging, loops
from shared.runtime.egress import Egress

log = logging.get(__name__)


class Following:
    """Any number of services may do it at once: each row is taken by one of them."""

    def __init__(
        self, config: Settings, engine: AsyncEngine, sender: Sender, now: Callable[[], datetime]
    ) -> None:
        self._config = config
        self._engine = engine
        self._sender = sender
        self._now = now

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        async with asyncio.TaskGroup() as group:
            group.create_task(
                loops.every(following.EVERY_S, self._follow, name="follow", stop=stop),
                name="follow",
            )
            group.create_task(
                loops.every(calling.EVERY_S, self._calling().run, name="webhooks", stop=stop),
                name="webhooks",
            )
            if carriers.return_path(self._config).is_used:
                group.create_task(self._take_bounces(stop), name="bounces")

    def _calling(self) -> Calling:
        keys = ack_link.keys_of(self._config.link_key)
        return Calling(self._engine, Egress(), keys, self._config.console_url, self._now)

    async def _follow(self) -> None:
        """One transaction each: a digest does not wait for what is wrong with a receipt."""
        async with unit_of_work(self._engine) as connection:
            await following.follow(
                connection,
                self._sender.limits,
                gateways=[gateway.name for gateway in self._config.sms_gateways],
                now=self._now(),
            )
        async with unit_of_work(self._engine) as connection:
            await digesting.digest(connection, self._sender, now=self._now())

    async def _take_bounces(self, stop: asyncio.Event) -> None:
        door = Door(carriers.return_path(self._config), self._take)
        async with listener.listening(door, self._config.bounce_port) as port:
            log.info("bounces_awaited", port=port)
            await stop.wait()

    async def _take(self, notification_id: int, report: Report) -> bool:
        """False if the database is away: the mail server keeps the bounce and comes again."""
        try:
            async with unit_of_work(self._engine) as connection:
                await taking.take(
                    connection, notification_id, report, self._sender.limits, now=self._now()
                )
        except loops.TRANSIENT:
            log.warning("bounce_not_taken", notification_id=notification_id)
            return False
        return True
