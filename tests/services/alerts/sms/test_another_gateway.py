"""A gateway takes a message and never reports: the next one sends it, before another channel."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from services.alerts.actions import queries as actions
from services.alerts.sms.dispatch import Dispatch
from services.alerts.sms.gateway import Reported
from services.alerts.sms.listening import Ear
from services.alerts.sms.words import key_of
from services.alerts.tell import queries as telling
from shared.db.session import unit_of_work
from shared.domain.delivery import RECEIPT_WITHIN, Channel, Receipt
from tests.support.sms_gateways.http_server import Trouble
from tests.support.sms_house import House, follow, told

KEY = key_of("<m1@x>")


async def silent(house: House) -> None:
    """The first has taken it, and its time to report is over."""
    await told(house)
    await house.rows("UPDATE notification SET channels = '{sms,email}' RETURNING id")
    assert await house.deliverer().run() == 1
    house.clock.at += RECEIPT_WITHIN


async def states(house: House) -> list[tuple[str, str, str | None, str | None]]:
    found = await house.rows(
        "SELECT channel, state, provider, receipt FROM notification ORDER BY id"
    )
    return [tuple(row) for row in found]


async def reported(house: House, gateway: str, ref: str, receipt: Receipt) -> None:
    await Ear(house.world.alerts, house.clock.now).hear(gateway, Reported(ref, receipt, ""))


async def test_what_one_took_and_did_not_report_goes_out_through_the_next_marked(
    house: House,
) -> None:
    await silent(house)
    await follow(house)
    assert await states(house) == [("sms", "pending", "esms", None)]
    assert await house.deliverer().run() == 1
    assert await states(house) == [("sms", "sent", "twilio", None)]
    [first], [second] = house.esms.books.sent, house.twilio.books.sent
    assert not first[1].startswith("(co the trung)")
    assert second[1].startswith("(co the trung) Hoa Sen: Phong tre nho")
    [event] = await house.rows("SELECT detail FROM event WHERE kind = 'delivery_failed'")
    assert event.detail["reason"] == "no_receipt"
    assert (event.detail["instead"], event.detail["not_through"]) == ("sms", "esms")


async def test_each_gateway_is_asked_once_and_only_then_another_channel(house: House) -> None:
    await silent(house)
    for _ in range(3):
        await follow(house)
        await house.deliverer().run()
        house.clock.at += RECEIPT_WITHIN
    assert len(house.texts) == 2
    assert await states(house) == [
        ("sms", "sent", "twilio", "never"),
        ("email", "pending", None, None),
    ]
    found = await house.rows("SELECT detail FROM event WHERE kind = 'delivery_failed' ORDER BY id")
    assert [row.detail["instead"] for row in found] == ["sms", "email"]


async def test_a_report_that_comes_before_the_repeat_keeps_it_from_going_out(
    house: House,
) -> None:
    await silent(house)
    await follow(house)
    await reported(house, "esms", KEY, Receipt.DELIVERED)
    await house.deliverer().run()
    await follow(house)
    assert house.twilio.books.sent == []
    assert await states(house) == [("sms", "sent", "esms", "delivered")]


async def test_a_report_under_the_gateways_own_number_keeps_it_as_well(house: House) -> None:
    house.gateways.reverse()
    house.dispatch = Dispatch(house.gateways, now=house.clock.now, most_segments=3)
    await silent(house)
    await follow(house)
    await reported(house, "twilio", "ref-1", Receipt.DELIVERED)
    await house.deliverer().run()
    assert house.esms.books.sent == []
    await follow(house)
    assert await states(house) == [("sms", "sent", "twilio", "delivered")]


async def test_a_folded_report_takes_the_repeat_back(house: House) -> None:
    await silent(house)
    await follow(house)
    await reported(house, "esms", KEY, Receipt.DELIVERED)
    await follow(house)
    assert await house.deliverer().run() == 0
    assert await states(house) == [("sms", "sent", "esms", "delivered")]


async def test_a_report_of_the_first_still_counts_after_the_second_sent(house: House) -> None:
    await silent(house)
    await follow(house)
    await house.deliverer().run()
    await reported(house, "esms", KEY, Receipt.DELIVERED)
    house.clock.at += RECEIPT_WITHIN
    await follow(house)
    assert await house.deliverer().run() == 0
    assert await states(house) == [("sms", "sent", "twilio", "delivered")]
    assert await house.rows("SELECT id FROM sms_receipt WHERE folded_at IS NULL") == []


async def test_a_late_no_of_the_first_says_nothing_about_the_second(house: House) -> None:
    await silent(house)
    await follow(house)
    await house.deliverer().run()
    await reported(house, "esms", KEY, Receipt.FAILED)
    await follow(house)
    assert await states(house) == [("sms", "sent", "twilio", None)]


async def test_if_nobody_else_takes_it_the_next_channel_is_tried_at_once(house: House) -> None:
    await silent(house)
    await follow(house)
    house.twilio.in_trouble(Trouble.NO_BALANCE)
    assert await house.deliverer().run() == 1
    assert await states(house) == [
        ("sms", "sent", "esms", "never"),
        ("email", "pending", None, None),
    ]
    assert await house.rows("SELECT address FROM address_fault") == []


async def test_a_lost_answer_of_the_second_is_its_turn(house: House) -> None:
    """It knows no keys: it may have sent it, and once is enough."""
    await silent(house)
    await follow(house)
    house.twilio.in_trouble(Trouble.TIMEOUT_AFTER)
    await house.deliverer().run()
    assert [row[1] for row in await states(house)] == ["pending"]
    house.clock.at += timedelta(minutes=2)
    await house.deliverer().run()
    assert len(house.twilio.books.sent) == 1
    assert await states(house) == [
        ("sms", "sent", "esms", "never"),
        ("email", "pending", None, None),
    ]


async def test_what_was_taken_up_meanwhile_goes_to_nobody_again(house: House) -> None:
    await silent(house)
    await house.rows("UPDATE incident SET acknowledged_at = now() RETURNING id")
    await follow(house)
    assert await house.deliverer().run() == 0
    assert await states(house) == [("sms", "sent", "esms", "never")]


async def test_two_services_ask_for_it_once(house: House) -> None:
    await silent(house)
    await asyncio.gather(follow(house), follow(house))
    other = replace(house)
    await asyncio.gather(house.deliverer().run(), other.deliverer().run())
    assert len(house.texts) == 2
    found = await house.rows("SELECT id FROM event WHERE kind = 'delivery_failed'")
    assert len(found) == 1


async def test_whoever_was_told_once_hears_how_it_ends_though_the_repeat_was_taken_back(
    house: House,
) -> None:
    await silent(house)
    await follow(house)
    [incident] = [row.id for row in await house.rows("SELECT id FROM incident")]
    async with unit_of_work(house.world.alerts) as connection:
        await actions.cancel_sends(connection, [incident])
        [reader] = (await telling.told(connection, [incident]))[incident]
    assert reader.channels == (Channel.SMS,)
    assert await states(house) == [("sms", "sent", "esms", None)]
