"""Alerts reach people's browsers through a real push service, or reach their readers otherwise."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.deliver.box import Messages
from services.alerts.deliver.channel import Carrier
from services.alerts.deliver.deliverer import Deliverer
from services.alerts.deliver.email import Mailer, Server, Tls
from services.alerts.deliver.mail import Mail
from services.alerts.outbox.links import Links
from services.alerts.people_text.sending import PeopleTexts
from services.alerts.push.channel import PushChannel, Sender
from services.alerts.sms.listening import Ear
from shared.db.tables.channels import contact_point, person_text, sms_receipt
from shared.domain import web_push
from shared.domain.delivery import Channel, MessageKind
from tests.support.alerting import START, after
from tests.support.mail_server import MailServer
from tests.support.post import MAIL_FROM, Post
from tests.support.push_service import Browser, PushService, push_service

EMAIL, PUSH = Channel.EMAIL, Channel.PUSH
LIMITS = {EMAIL: 20, PUSH: 6}
KEY = b"k" * 32


@dataclass
class House:
    """One person with browsers and a mailbox, and one incident to tell them of."""

    post: Post
    service: PushService
    browsers: list[Browser] = field(default_factory=list)
    sender: Sender | None = None

    async def add_browser(self, *, user_id: int = 0, **more: object) -> Browser:
        browser = self.service.browser()
        await self.post.world.add(
            contact_point, user_id=user_id or self.post.user_id, channel="push",
            address=browser.endpoint, keys=browser.keys,
            **{"created_at": START, "verified_at": START, **more},
        )  # fmt: skip
        self.browsers.append(browser)
        return browser

    @property
    def channel(self) -> PushChannel:
        return PushChannel(self.post.world.alerts, self.sender, now=self.post.clock.now)

    async def deliver(self, *, at_s: float | None = None) -> int:
        if at_s is not None:
            self.post.clock.at = after(at_s)
        mailer = Mailer(Server("127.0.0.1", self.post.mail_port, Tls.NONE, "", "", timeout_s=1))
        carriers: dict[Channel, Carrier] = {EMAIL: Mail(mailer, MAIL_FROM), PUSH: self.channel}
        box = Messages(list(LIMITS), Links("https://giamsat.example"), LIMITS)
        deliverer = Deliverer(self.post.world.alerts, box, carriers, self.post.clock.now)
        return await deliverer.run()

    async def shown(self, push: int = -1) -> None:
        """A browser says that it showed one; what was heard is folded in."""
        ref = self.service.pushed[push].for_(self.browsers[-1])["ref"]
        await self.post.world.add(
            sms_receipt, provider="push", provider_ref=web_push.recorded(ref), receipt="delivered",
            received_at=self.post.clock.at,
        )  # fmt: skip
        await Ear(self.post.world.alerts, self.post.clock.now).fold()

    async def attempts(self) -> list[tuple[str | None, str]]:
        found = await self.post.world.rows(
            "SELECT outcome, detail FROM delivery_attempt ORDER BY id"
        )
        return [(row.outcome, row.detail) for row in found]


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with push_service() as running:
        yield running


@pytest.fixture
async def house(post: Post, service: PushService) -> House:
    post.limits = LIMITS
    sender = Sender.of(KEY, contact=f"mailto:{MAIL_FROM}", egress=service.egress)
    return House(post, service, sender=sender)


async def test_a_browser_is_told_what_happened_where_and_how_grave_it_is(house: House) -> None:
    browser = await house.add_browser()
    await house.post.tell(PUSH, EMAIL)
    assert await house.deliver() == 1
    (push,) = house.service.pushed
    told = push.for_(browser)
    assert told["title"] == "Mái ấm Hoa Sen: gián đoạn giám sát 1"
    assert told["body"].startswith("Nghiêm trọng")
    assert (told["kind"], told["severity"], told["lang"]) == ("alert", "warning", "vi")
    assert told["path"] == f"/incidents/{house.post.incident_id}"
    assert told["ref"] == web_push.reference("<push-m1@giamsat.example>", key=KEY)
    assert await house.post.states() == [("push", "sent")]


async def test_nothing_of_its_reader_is_in_it(house: House) -> None:
    browser = await house.add_browser()
    await house.post.tell(PUSH)
    await house.deliver()
    (push,) = house.service.pushed
    readable = browser.opened(push.body).decode() + str(push.headers)
    for secret in ("p1@example.org", "example.org>", f"browsers-of-{house.post.user_id}"):
        assert secret not in readable


async def test_the_push_service_learns_who_pushes_how_urgent_it_is_and_for_how_long(
    house: House,
) -> None:
    await house.add_browser()
    await house.post.tell(PUSH)
    await house.deliver()
    (push,) = house.service.pushed
    claims = push.claims()
    assert claims["aud"] == house.service.origin
    assert claims["sub"] == f"mailto:{MAIL_FROM}"
    assert house.sender
    assert claims["k"] == house.sender.vapid.public_key
    expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    assert START < expires_at <= START + timedelta(hours=24)
    assert push.headers["urgency"] == "high"
    assert push.headers["ttl"] == str(12 * 3600)
    assert push.headers["topic"] == web_push.topic(house.post.incident_id, "", key=KEY)


async def test_a_newer_message_takes_the_place_of_an_older_one_about_the_same(
    house: House,
) -> None:
    browser = await house.add_browser()
    await house.post.put(
        [
            house.post.draft(PUSH),
            house.post.draft(PUSH, kind=MessageKind.RECOVERY),
        ]
    )
    await house.deliver()
    first, second = house.service.pushed
    assert first.headers["topic"] == second.headers["topic"]
    assert first.for_(browser)["tag"] == second.for_(browser)["tag"]
    assert first.for_(browser)["ref"] != second.for_(browser)["ref"]
    assert second.headers["urgency"] == "normal"


async def test_all_browsers_of_a_person_are_told_and_it_is_one_message(house: House) -> None:
    for _ in range(3):
        await house.add_browser()
    await house.post.tell(PUSH)
    await house.deliver()
    paths = sorted(push.path for push in house.service.pushed)
    assert paths == sorted(browser.endpoint.removeprefix(house.service.origin)
                           for browser in house.browsers)  # fmt: skip
    assert await house.post.states() == [("push", "sent")]


async def test_only_browsers_that_are_theirs_and_there_are_told(house: House) -> None:
    other = await house.post.world.user("CAREGIVER", email="other@example.org")
    await house.add_browser(user_id=other)
    await house.add_browser(removed_at=START)
    mine = await house.add_browser()
    await house.post.tell(PUSH)
    await house.deliver()
    (push,) = house.service.pushed
    assert push.for_(mine)


async def test_it_has_arrived_when_a_browser_says_that_it_showed_it(
    house: House, mail: MailServer
) -> None:
    await house.add_browser()
    await house.post.tell(PUSH, EMAIL)
    await house.deliver()
    await house.shown()
    (row,) = await house.post.world.rows("SELECT state, receipt FROM notification")
    assert tuple(row) == ("sent", "delivered")
    await house.post.follow(at_s=360)
    assert await house.deliver() == 0
    assert mail.received == []


async def test_what_no_browser_showed_goes_by_mail_after_five_minutes(
    house: House, mail: MailServer
) -> None:
    """A push service keeps messages for a browser that is switched off, and says nothing."""
    await house.add_browser()
    await house.post.tell(PUSH, EMAIL)
    await house.deliver()
    await house.post.follow(at_s=200)
    assert await house.deliver() == 0
    await house.post.follow(at_s=301)
    assert await house.deliver() == 1
    assert await house.post.states() == [("push", "sent"), ("email", "sent")]
    assert await house.post.reasons() == [("no_receipt", "email")]
    assert len(mail.received) == 1


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
async def test_a_browser_that_is_no_more_is_never_tried_again(
    house: House, mail: MailServer, status: str
) -> None:
    await house.add_browser()
    house.service.answers(status)
    await house.post.tell(PUSH, EMAIL)
    assert await house.deliver() == 2
    assert await house.post.states() == [("push", "dead"), ("email", "sent")]
    assert await house.post.faults() == [("push", "gone")]
    house.service.answers("201 Created")
    await house.post.tell(PUSH, EMAIL)
    await house.deliver()
    assert (await house.post.states())[2:] == [("email", "sent")]
    assert len(house.service.pushed) == 1


async def test_one_browser_that_is_gone_holds_no_other_up(house: House) -> None:
    gone, there = await house.add_browser(), await house.add_browser()
    house.service.answers("410 Gone", of=gone)
    for _ in range(2):
        await house.post.tell(PUSH)
        await house.deliver()
    told = [push.path for push in house.service.pushed]
    assert [told.count(b.endpoint.removeprefix(house.service.origin)) for b in (gone, there)] == [
        1, 2,
    ]  # fmt: skip
    assert await house.post.faults() == [("push", "gone")]


async def test_a_new_browser_is_told_though_an_old_one_is_gone(house: House) -> None:
    await house.add_browser()
    house.service.answers("410 Gone")
    await house.post.tell(PUSH)
    await house.deliver()
    house.service.answers("201 Created")
    await house.add_browser()
    await house.post.tell(PUSH)
    await house.deliver()
    assert (await house.post.states())[-1] == ("push", "sent")


async def test_a_service_that_asks_us_to_wait_is_waited_for(house: House) -> None:
    await house.add_browser()
    house.service.answers("429 Too Many Requests", "Retry-After: 240")
    await house.post.tell(PUSH)
    await house.deliver()
    assert await house.attempts() == [("retry", "it answered 429")]
    house.service.answers("201 Created")
    assert await house.deliver(at_s=239) == 0
    assert await house.deliver(at_s=241) == 1
    assert await house.post.states() == [("push", "sent")]


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Service Unavailable"])
async def test_a_service_that_is_down_is_asked_again_and_then_passed_over(
    house: House, mail: MailServer, status: str
) -> None:
    await house.add_browser()
    house.service.answers(status)
    await house.post.tell(PUSH, EMAIL)
    await house.deliver()
    assert await house.post.states() == [("push", "pending")]
    await house.post.follow(at_s=601)
    house.service.answers("201 Created")
    await house.deliver(at_s=602)
    assert ("email", "sent") in await house.post.states()
    assert await house.post.reasons() == [("slow", "email")]


@pytest.mark.parametrize("status", ["400 Bad Request", "403 Forbidden", "413 Too Large"])
async def test_what_is_refused_goes_by_mail_at_once_and_nobody_is_flagged(
    house: House, mail: MailServer, status: str
) -> None:
    await house.add_browser()
    house.service.answers(status)
    await house.post.tell(PUSH, EMAIL)
    assert await house.deliver() == 2
    assert await house.post.states() == [("push", "dead"), ("email", "sent")]
    assert await house.post.faults() == []


async def test_a_repeat_is_known_by_its_reference(house: House) -> None:
    """Killed after it was taken: a browser that showed it does not ring twice."""
    browser = await house.add_browser()
    await house.post.tell(PUSH)
    await house.deliver()
    await house.post.world.rows(
        "UPDATE notification SET state = 'pending', due_at = created_at RETURNING id"
    )
    await house.deliver()
    first, second = house.service.pushed
    assert first.for_(browser) == second.for_(browser)


async def test_an_endpoint_within_our_own_walls_is_never_asked(
    house: House, mail: MailServer
) -> None:
    await house.post.world.add(
        contact_point, user_id=house.post.user_id, channel="push",
        address="https://127.0.0.1/send/1", keys=Browser("x").keys, created_at=START,
        verified_at=START,
    )  # fmt: skip
    await house.post.tell(PUSH, EMAIL)
    assert await house.deliver() == 2
    assert house.service.pushed == []
    assert await house.post.states() == [("push", "dead"), ("email", "sent")]


async def test_without_a_key_nothing_is_pushed_and_everybody_is_told_all_the_same(
    house: House, mail: MailServer
) -> None:
    await house.add_browser()
    house.sender = None
    await house.post.tell(PUSH, EMAIL)
    assert await house.deliver() == 2
    assert await house.post.states() == [("push", "dead"), ("email", "sent")]


async def test_a_test_goes_to_the_one_browser_that_it_is_for(
    house: House, alerts_engine: AsyncEngine
) -> None:
    await house.add_browser()
    asked = await house.add_browser()
    (row,) = await house.post.world.rows("SELECT max(id) AS id FROM contact_point")
    await house.post.world.add(
        person_text, contact_point_id=row.id, kind="test", language="vi", body="Đây là tin thử.",
        message_id="<test-1@giamsat>", created_at=START, due_at=START,
        expires_at=START + timedelta(minutes=30),
    )  # fmt: skip
    deliverer = Deliverer(alerts_engine, PeopleTexts(), {PUSH: house.channel}, house.post.clock.now)
    assert await deliverer.run() == 1
    (push,) = house.service.pushed
    told = push.for_(asked)
    assert (told["title"], told["path"]) == ("Đây là tin thử.", "/account/telephones")
    await house.shown()
    (row,) = await house.post.world.rows("SELECT state, receipt, body FROM person_text")
    assert tuple(row) == ("sent", "delivered", "")
