"""Messages for the tests of delivery: to real people, through mail and a keyed gateway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.alerts.deliver.box import Messages
from services.alerts.deliver.channel import Carrier
from services.alerts.deliver.deliverer import Deliverer
from services.alerts.deliver.email import Mailer, Server, Tls
from services.alerts.deliver.mail import Mail
from services.alerts.deliver.return_path import NOBODY, ReturnPath
from services.alerts.lost import following
from services.alerts.outbox import posting
from services.alerts.outbox.drafts import Draft
from services.alerts.outbox.links import Links
from shared.db.session import unit_of_work
from shared.db.tables import channels as channel_tables
from shared.domain.access import Role
from shared.domain.delivery import Channel, MessageKind
from shared.domain.escalation import Recipient
from tests.support.alerting import START, World, after
from tests.support.keyed_gateway import KeyedCarrier

MAIL_FROM = "giamsat@giamsat.example"
BOTH: Mapping[Channel, int] = {Channel.EMAIL: 20, Channel.SMS: 6}


@dataclass
class Clock:
    """Time that a test moves."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at


@dataclass
class Post:
    """An outbox with one incident and one person in it, and who delivers."""

    world: World
    mail_port: int
    sms_port: int
    clock: Clock = field(default_factory=Clock)
    limits: Mapping[Channel, int] = field(default_factory=lambda: BOTH)
    incident_id: int = 0
    user_id: int = 0
    return_path: ReturnPath = NOBODY
    promises_receipts: bool = False
    told: int = 0

    async def begin(self) -> None:
        facility = await self.world.facility()
        (row,) = await self.world.rows(
            "INSERT INTO incident (facility_id, cause, state, since_at, opened_at) "
            "VALUES (:facility, 'device_silent', 'open', :at, :at) RETURNING id",
            facility=facility, at=START,
        )  # fmt: skip
        self.incident_id = row.id
        self.user_id = await self.world.user(
            "FACILITY_MANAGER", facility_id=facility, email="p1@example.org"
        )

    async def give_telephone(self, number: str = "+84900000001") -> None:
        await self.world.add(
            channel_tables.contact_point, user_id=self.user_id, channel="sms", address=number,
            created_at=START, verified_at=START,
        )  # fmt: skip

    def deliverer(self) -> Deliverer:
        mailer = Mailer(Server("127.0.0.1", self.mail_port, Tls.NONE, "", "", timeout_s=1))
        carriers: dict[Channel, Carrier] = {
            Channel.EMAIL: Mail(mailer, MAIL_FROM, self.return_path),
            Channel.SMS: KeyedCarrier(self.sms_port, self.promises_receipts),
        }
        box = Messages(list(self.limits), Links("https://giamsat.example"), self.limits)
        return Deliverer(self.world.alerts, box, carriers, self.clock.now)

    def draft(
        self, *channels: Channel, kind: MessageKind = MessageKind.ALERT, priority: int = 1
    ) -> Draft:
        self.told += 1
        return Draft(
            self.incident_id,
            kind,
            self.told,
            Recipient(self.user_id, Role.FACILITY_MANAGER, "p1@example.org", "vi"),
            f"Mái ấm Hoa Sen: gián đoạn giám sát {self.told}",
            f"Phòng trẻ nhỏ {self.told}\n",
            f"<m{self.told}@giamsat.example>",
            channels or (Channel.EMAIL,),
            priority,
            short=f"giamsat: Hoa Sen {self.told}",
            limits=self.limits,
        )

    async def put(self, drafts: Sequence[Draft]) -> None:
        async with unit_of_work(self.world.alerts) as connection:
            await posting.post(connection, drafts, now=self.clock.at)

    async def tell(self, *channels: Channel) -> None:
        await self.put([self.draft(*channels)])

    async def deliver(self, *, at_s: float | None = None) -> int:
        if at_s is not None:
            self.clock.at = after(at_s)
        return await self.deliverer().run()

    async def follow(self, *, at_s: float) -> None:
        self.clock.at = after(at_s)
        async with unit_of_work(self.world.alerts) as connection:
            await following.follow(connection, self.limits, now=self.clock.at)

    async def states(self) -> list[tuple[str, str]]:
        found = await self.world.rows("SELECT channel, state FROM notification ORDER BY id")
        return [(row.channel, row.state) for row in found]

    async def reasons(self) -> list[tuple[str, str | None]]:
        found = await self.world.rows(
            "SELECT detail FROM event WHERE kind = 'delivery_failed' ORDER BY id"
        )
        return [(row.detail["reason"], row.detail["instead"]) for row in found]

    async def faults(self) -> list[tuple[str, str]]:
        found = await self.world.rows("SELECT channel, reason FROM address_fault ORDER BY channel")
        return [(row.channel, row.reason) for row in found]
