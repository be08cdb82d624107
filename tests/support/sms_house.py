"""An outbox, two providers over real sockets and one telephone: how the tests of SMS are set."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.alerts.deliver.box import Box, Messages
from services.alerts.deliver.deliverer import Deliverer
from services.alerts.lost import following
from services.alerts.outbox.links import Links
from services.alerts.sms.channel import Record, SmsChannel
from services.alerts.sms.dispatch import Dispatch
from services.alerts.sms.gateway import SmsGateway
from services.alerts.sms.listening import Ear
from services.alerts.sms.notified.queries import Notified
from shared.db.session import unit_of_work
from shared.db.tables.channels import contact_point
from shared.domain.delivery import Channel
from tests.support.alerting import START, World
from tests.support.sms_gateways.providers import Provider

NUMBER = "+84901234567"
KEY = b"a key of links that is only good for tests"
LIMITS = {Channel.EMAIL: 100, Channel.SMS: 100}


@dataclass
class Clock:
    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass
class House:
    """One outbox, two providers, one telephone."""

    world: World
    clock: Clock
    esms: Provider
    twilio: Provider
    gateways: list[SmsGateway]
    dispatch: Dispatch = field(init=False)

    def __post_init__(self) -> None:
        self.dispatch = Dispatch(self.gateways, now=self.clock.now, most_segments=3)

    def deliverer(
        self, box: Box | None = None, record: Record | None = None, **more: Any
    ) -> Deliverer:
        channel = SmsChannel(
            self.world.alerts, self.dispatch, record or Notified(), reply_key=KEY,
            now=self.clock.now,
        )  # fmt: skip
        own = box or Messages([Channel.SMS], Links("https://giamsat.example", KEY), LIMITS)
        return Deliverer(
            self.world.alerts, own, {Channel.SMS: channel}, self.clock.now,
            timedelta(seconds=60), **more,
        )  # fmt: skip

    @property
    def texts(self) -> list[str]:
        return [text for one in (self.esms, self.twilio) for _, text in one.books.sent]

    async def rows(self, statement: str) -> list[Any]:
        return list(await self.world.rows(statement))


async def told(house: House, *, marked: str | None = None, kind: str = "alert") -> int:
    """An alert that is due now to somebody's telephone; the number of its incident."""
    world = house.world
    facility = await world.facility()
    user = await world.user("FACILITY_MANAGER", facility_id=facility)
    await world.add(
        contact_point, user_id=user, channel="sms", address=NUMBER, is_marked=marked,
        created_at=START, verified_at=START,
    )  # fmt: skip
    [row] = await world.rows(
        """
        WITH i AS (
            INSERT INTO incident (facility_id, cause, state, since_at, opened_at)
            VALUES (:facility, 'device_silent', 'open', :at, :at) RETURNING id
        )
        INSERT INTO notification (incident_id, user_id, kind, occasion, channel, address, language,
                                  role, subject, body, short, message_id, state, created_at, due_at)
        SELECT i.id, :user, :kind, 1, 'sms', :number, 'vi', 'FACILITY_MANAGER', 'x', 'x',
               'Hoa Sen: Phòng trẻ nhỏ gián đoạn giám sát từ 12:01. {link}', '<m1@x>', 'pending',
               :at, :at
        FROM i RETURNING incident_id
        """,
        facility=facility, user=user, kind=kind, number=NUMBER, at=START,
    )  # fmt: skip
    return int(row.incident_id)


async def follow(house: House) -> None:
    """Fold what was reported, and look after what was not."""
    await Ear(house.world.alerts, house.clock.now).fold()
    async with unit_of_work(house.world.alerts) as connection:
        await following.follow(
            connection, LIMITS, gateways=[one.name for one in house.gateways],
            now=house.clock.at,
        )  # fmt: skip
