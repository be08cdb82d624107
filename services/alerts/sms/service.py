"""What runs beside the ticks about short messages: lines, reports, codes, and money left."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Final, Self

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.deliver.channel import Carrier
from services.alerts.deliver.deliverer import Deliverer
from services.alerts.people_text import sending as people_text
from services.alerts.people_text.queries import Texted
from services.alerts.people_text.sending import PeopleTexts
from services.alerts.settings import Settings
from services.alerts.sms import listening, metrics
from services.alerts.sms.channel import Record, SmsChannel
from services.alerts.sms.dispatch import Dispatch
from services.alerts.sms.gateway import SmsGateway
from services.alerts.sms.listening import Ear
from services.alerts.sms.modem import Modem
from services.alerts.sms.notified.queries import Notified
from services.alerts.sms.setting_up import gateway_of
from services.alerts.sms.smpp import Smpp
from services.alerts.sms.speedsms import SpeedSms
from shared.domain import ack_link
from shared.domain.delivery import Channel
from shared.runtime import loops

BALANCE_EVERY_S: Final = 600.0
NOTHING_ELSE: Final[Mapping[Channel, Carrier]] = MappingProxyType({})


class Sms:
    """One set of gateways for the whole process: a line to a centre is bound once."""

    def __init__(
        self,
        engine: AsyncEngine,
        gateways: list[SmsGateway],
        config: Settings,
        *,
        now: Callable[[], datetime],
        beside: Mapping[Channel, Carrier] = NOTHING_ELSE,
    ) -> None:
        self._engine = engine
        self._gateways = gateways
        self._config = config
        self._now = now
        self._beside = beside
        self._dispatch = Dispatch(gateways, now=now, most_segments=config.sms_most_segments)

    @classmethod
    def of(
        cls,
        config: Settings,
        engine: AsyncEngine,
        *,
        now: Callable[[], datetime],
        beside: Mapping[Channel, Carrier] = NOTHING_ELSE,
    ) -> Self:
        """`beside`: who else carries tests to people's own addresses."""
        gateways = [gateway_of(one) for one in config.sms_gateways]
        return cls(engine, gateways, config, now=now, beside=beside)

    @cached_property
    def carriers(self) -> dict[Channel, Carrier]:
        """None at all where no gateway is set."""
        return {Channel.SMS: self._carrier(Notified())} if self._gateways else {}

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. Reports are folded wherever they were heard."""
        ear = Ear(self._engine, self._now)
        try:
            async with asyncio.TaskGroup() as group:
                for gateway in self._gateways:
                    if isinstance(gateway, Smpp | Modem) and gateway.traits.takes_replies:
                        listen = ear.listen(gateway.name, gateway, stop)
                        group.create_task(listen, name=f"sms-{gateway.name}")
                for name, every_s, body in (
                    ("sms-fold", listening.FOLD_EVERY_S, ear.fold),
                    ("sms-balance", BALANCE_EVERY_S, self._look_at_money),
                    ("people-text", people_text.EVERY_S, self._people().run),
                ):
                    group.create_task(loops.every(every_s, body, name=name, stop=stop), name=name)
        finally:
            await self._dispatch.close()

    def _people(self) -> Deliverer:
        """Without a gateway what people wait for is given up when its time is over."""
        carriers = {Channel.SMS: self._carrier(Texted()), **self._beside}
        repeat_after = timedelta(seconds=self._config.repeat_after_s)
        return Deliverer(self._engine, PeopleTexts(), carriers, self._now, repeat_after)

    def _carrier(self, record: Record) -> SmsChannel:
        keys = ack_link.keys_of(self._config.link_key)
        return SmsChannel(
            self._engine,
            self._dispatch,
            record,
            reply_key=keys[0] if keys else None,
            now=self._now,
        )

    async def _look_at_money(self) -> None:
        for gateway in self._gateways:
            if isinstance(gateway, SpeedSms):
                left = await gateway.balance()
                if left is not None:
                    metrics.BALANCE.labels(gateway.name).set(float(left))
