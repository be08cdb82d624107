"""Notifications and codes from the real outbox, over real sockets, into books of providers."""

import asyncio
import random
from datetime import timedelta

import pytest

from services.alerts.deliver.channel import Claimed
from services.alerts.people_text.queries import Texted
from services.alerts.people_text.sending import PeopleTexts
from services.alerts.sms.gateway import Answered, NotKeptError, Reported
from services.alerts.sms.listening import FORGOTTEN_AFTER, Ear
from services.alerts.sms.words import key_of
from shared.db.session import create_engine
from shared.db.tables.channels import contact_point, person_text
from shared.domain import short_text, sms_reply
from shared.domain.delivery import Receipt
from tests.support.alerting import START, after
from tests.support.sms_gateways.http_server import Trouble
from tests.support.sms_house import KEY, NUMBER, House, told


class KilledError(BaseException):
    """Stands for SIGKILL: nothing after it runs."""


async def test_an_alert_goes_out_unmarked_with_its_link_and_is_on_record(house: House) -> None:
    await told(house)
    assert await house.deliverer().run() == 1
    [text] = house.texts
    assert text.startswith("Hoa Sen: Phong tre nho gian doan giam sat tu 12:01. https://giamsat.")
    assert "/a/" in text
    assert short_text.segments(text) <= 3
    [row] = await house.rows(
        "SELECT state, provider, provider_ref, receipt_due_at FROM notification"
    )
    assert (row.state, row.provider, row.provider_ref) == ("sent", "esms", key_of("<m1@x>"))
    assert row.receipt_due_at == house.clock.at + timedelta(minutes=5)


async def test_who_asked_for_marks_gets_marks(house: House) -> None:
    await told(house, marked="marked")
    await house.deliverer().run()
    assert house.texts[0].startswith("Hoa Sen: Phòng trẻ nhỏ gián đoạn")


async def test_where_answers_are_heard_the_code_to_answer_with_is_named(house: House) -> None:
    incident = await told(house)
    house.esms.in_trouble(Trouble.NO_BALANCE)
    await house.deliverer().run()
    code = sms_reply.code_of(incident, key=KEY)
    assert f". Tra loi OK {code} https://" in house.texts[0]


async def test_what_is_over_asks_for_no_answer(house: House) -> None:
    await told(house, kind="recovery")
    house.esms.in_trouble(Trouble.NO_BALANCE)
    await house.deliverer().run()
    assert "OK" not in house.texts[0]


async def test_a_lost_answer_is_asked_for_at_the_same_gateway(house: House) -> None:
    await told(house)
    house.esms.in_trouble(Trouble.TIMEOUT_AFTER)
    deliverer = house.deliverer()
    await deliverer.run()
    [attempt] = await house.rows("SELECT provider, outcome FROM delivery_attempt")
    assert (attempt.provider, attempt.outcome) == ("esms", None)
    house.clock.at += timedelta(minutes=1)
    await deliverer.run()
    assert len(house.texts) == 1
    [row] = await house.rows("SELECT state, provider FROM notification")
    assert (row.state, row.provider) == ("sent", "esms")


@pytest.mark.parametrize("trouble", [Trouble.NONE, Trouble.HANG_UP_AFTER])
async def test_a_crash_after_sending_doubles_nothing_where_keys_are_known(
    house: House, trouble: Trouble
) -> None:
    """Whom we asked was on record before, so the same one is asked again under the same key."""
    await told(house)

    async def die(_: Claimed) -> None:
        raise KilledError

    house.esms.in_trouble(trouble)
    deliverer = house.deliverer(before_recording=die)

    async def until_killed() -> None:
        await deliverer.run()
        house.clock.at += timedelta(minutes=1)
        await deliverer.run()

    with pytest.raises(KilledError):
        await until_killed()
    house.clock.at += timedelta(seconds=61)
    await house.deliverer().run()
    assert len(house.texts) == 1
    [row] = await house.rows("SELECT state, provider FROM notification")
    assert (row.state, row.provider) == ("sent", "esms")


async def test_a_report_on_a_lost_answer_is_answer_enough(house: House) -> None:
    await told(house)
    house.esms.in_trouble(Trouble.TIMEOUT_AFTER)
    deliverer = house.deliverer()
    await deliverer.run()
    ear = Ear(house.world.alerts, house.clock.now)
    await ear.hear("esms", Reported(key_of("<m1@x>"), Receipt.DELIVERED, ""))
    asked = len(house.esms.server.asked)
    house.clock.at += timedelta(minutes=1)
    await deliverer.run()
    await ear.fold()
    assert len(house.esms.server.asked) == asked
    [row] = await house.rows("SELECT state, receipt FROM notification")
    assert (row.state, row.receipt) == ("sent", "delivered")


async def test_reports_find_their_message_whenever_they_come(house: House) -> None:
    await told(house)
    ear = Ear(house.world.alerts, house.clock.now)
    ref = key_of("<m1@x>")
    # Sooner than the message is on record as sent …
    await ear.hear("esms", Reported(ref, Receipt.FAILED, "4"))
    await ear.fold()
    await house.deliverer().run()
    await ear.fold()
    [row] = await house.rows("SELECT receipt FROM notification")
    assert row.receipt == "failed"
    # … again, and late: what arrived has arrived.
    await ear.hear("esms", Reported(ref, Receipt.FAILED, "4"))
    await ear.hear("esms", Reported(ref, Receipt.DELIVERED, "5"))
    await ear.fold()
    [row] = await house.rows("SELECT receipt, receipt_at FROM notification")
    assert (row.receipt, row.receipt_at) == ("delivered", house.clock.at)
    left = await house.rows("SELECT id FROM sms_receipt WHERE folded_at IS NULL")
    assert left == []


async def test_a_report_on_nothing_is_put_aside_in_the_end(house: House) -> None:
    ear = Ear(house.world.alerts, house.clock.now)
    await ear.hear("esms", Reported("nobody's", Receipt.DELIVERED, ""))
    await ear.fold()
    assert len(await house.rows("SELECT id FROM sms_receipt WHERE folded_at IS NULL")) == 1
    house.clock.at += FORGOTTEN_AFTER + timedelta(seconds=1)
    await ear.fold()
    assert await house.rows("SELECT id FROM sms_receipt WHERE folded_at IS NULL") == []


async def test_another_gateways_report_is_no_report(house: House) -> None:
    await told(house)
    await house.deliverer().run()
    ear = Ear(house.world.alerts, house.clock.now)
    await ear.hear("twilio", Reported(key_of("<m1@x>"), Receipt.FAILED, ""))
    await ear.fold()
    [row] = await house.rows("SELECT receipt FROM notification")
    assert row.receipt is None


async def test_what_is_heard_is_kept_once(house: House) -> None:
    ear = Ear(house.world.alerts, house.clock.now)
    for _ in range(2):
        await ear.hear("smpp", Answered("r1", NUMBER, "OK 1234"))
    rows = await house.rows("SELECT provider, sender, body, handled_at FROM sms_inbound")
    assert [tuple(row) for row in rows] == [("smpp", NUMBER, "OK 1234", None)]


async def test_without_a_database_nothing_is_said_to_be_kept(house: House) -> None:

    nowhere = create_engine("postgresql://a:b@127.0.0.1:9/none", application="alerts")
    with pytest.raises(NotKeptError):
        await Ear(nowhere, house.clock.now).hear("smpp", Answered("r", NUMBER, "OK 1"))
    await nowhere.dispose()


async def test_an_address_that_is_no_number_is_refused(house: House) -> None:
    await told(house)
    await house.rows("UPDATE notification SET address = '0901234567' RETURNING id")
    await house.deliverer().run()
    [row] = await house.rows("SELECT state FROM notification")
    assert row.state == "dead"
    assert house.texts == []


# -- codes and tests ------------------------------------------------------------------------------


async def texted(house: House, *, lasts_s: float = 900) -> None:
    user = await house.world.user("CAREGIVER")
    telephone = await house.world.add(
        contact_point, user_id=user, channel="sms", address=NUMBER, created_at=START,
    )  # fmt: skip
    await house.world.add(
        person_text, contact_point_id=telephone, kind="code", language="vi",
        body="giamsat: mã của bạn là 123456", message_id="<code-1@x>", created_at=START,
        due_at=START, expires_at=after(lasts_s),
    )  # fmt: skip


async def test_a_code_goes_out_once_and_is_emptied(house: House) -> None:
    await texted(house)
    house.esms.in_trouble(Trouble.TIMEOUT_AFTER)
    deliverer = house.deliverer(PeopleTexts(), Texted())
    await deliverer.run()
    [row] = await house.rows("SELECT state, unsure_of FROM person_text")
    assert (row.state, row.unsure_of) == ("pending", "esms")
    house.clock.at += timedelta(minutes=1)
    await deliverer.run()
    assert house.texts == ["giamsat: ma cua ban la 123456"]
    [row] = await house.rows("SELECT state, body, provider, unsure_of FROM person_text")
    assert tuple(row) == ("sent", "", "esms", None)
    ear = Ear(house.world.alerts, house.clock.now)
    await ear.hear("esms", Reported(key_of("<code-1@x>"), Receipt.DELIVERED, ""))
    await ear.fold()
    [row] = await house.rows("SELECT receipt FROM person_text")
    assert row.receipt == "delivered"


async def test_a_code_that_is_over_is_not_sent(house: House) -> None:
    await texted(house, lasts_s=60)
    house.clock.at += timedelta(seconds=60)
    await house.deliverer(PeopleTexts(), Texted()).run()
    [row] = await house.rows("SELECT state, body FROM person_text")
    assert tuple(row) == ("dead", "")
    assert house.texts == []


async def test_two_services_send_a_code_once(house: House) -> None:
    await texted(house)
    runs = [house.deliverer(PeopleTexts(), Texted()).run() for _ in range(4)]
    assert sum(await asyncio.gather(*runs)) == 1
    assert len(house.texts) == 1


# -- a hundred crashes ----------------------------------------------------------------------------


async def test_a_hundred_crashes_lose_and_double_nothing_where_keys_are_known(
    house: House,
) -> None:
    """Each message is handed over, and whoever did it dies before saying so: once or twice."""
    messages, dice, kills = 100, random.Random(76), 0  # noqa: S311 - no secret
    await told(house)
    await house.world.rows(
        """
        INSERT INTO notification (user_id, kind, occasion, channel, address, language, role,
                                  subject, body, short, message_id, state, created_at, due_at)
        SELECT user_id, kind, n, channel, address, language, role, subject, body, 'Tin ' || n,
               '<n' || n || '@x>', state, created_at, due_at
        FROM notification, generate_series(2, :messages) n RETURNING id
        """,
        messages=messages,
    )

    async def perhaps_die(claimed: Claimed) -> None:
        if claimed.attempts == 1 or (claimed.attempts == 2 and dice.random() < 0.5):
            raise KilledError

    for _ in range(3 * messages):
        try:
            if await house.deliverer(before_recording=perhaps_die).run() == 0:
                house.clock.at += timedelta(seconds=61)
        except KilledError:
            kills += 1
    [row] = await house.rows("SELECT count(*) AS left FROM notification WHERE state <> 'sent'")
    assert row.left == 0
    assert kills >= 100
    assert len(house.texts) == len(set(house.texts)) == messages
