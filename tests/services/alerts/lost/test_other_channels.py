"""Whoever is not reached in one way is told in another, at once, and all of it is on record."""

from dataclasses import replace

from shared.domain.delivery import Channel
from tests.support.alerting import after
from tests.support.keyed_gateway import KeyedGateway
from tests.support.mail_server import MailServer
from tests.support.post import Post

EMAIL, SMS = Channel.EMAIL, Channel.SMS


async def test_the_channel_asked_for_is_tried_first(
    post: Post, mail: MailServer, sms: KeyedGateway
) -> None:
    await post.give_telephone()
    await post.tell(SMS, EMAIL)
    await post.deliver()
    assert mail.received == []
    assert [message["text"] for message in sms.out.values()] == ["giamsat: Hoa Sen 1"]


async def test_who_has_no_telephone_gets_a_mail_instead(post: Post, mail: MailServer) -> None:
    await post.tell(SMS)
    await post.deliver()
    assert len(mail.received) == 1


async def test_what_was_sent_is_on_record_by_its_hash(post: Post, mail: MailServer) -> None:
    await post.tell()
    await post.deliver()
    (row,) = await post.world.rows(
        "SELECT provider, provider_ref, user_id, content_hash, "
        "sha256(convert_to(subject || chr(10) || chr(10) || body, 'UTF8')) AS expected "
        "FROM notification"
    )
    assert (row.provider, row.user_id) == ("smtp", post.user_id)
    assert row.provider_ref.startswith("250")
    assert bytes(row.content_hash) == bytes(row.expected)


async def test_a_final_refusal_goes_to_the_next_channel_at_once(
    post: Post, mail: MailServer, sms: KeyedGateway
) -> None:
    await post.give_telephone()
    mail.refused_recipients["p1@example.org"] = "550 5.1.1 no such user"
    await post.tell(EMAIL)
    assert await post.deliver() == 2
    assert await post.states() == [("email", "dead"), ("sms", "sent")]
    assert await post.reasons() == [("refused", "sms")]
    assert await post.faults() == [("email", "refused")]
    first, second = await post.world.rows("SELECT id, instead_of FROM notification ORDER BY id")
    assert (first.instead_of, second.instead_of) == (None, first.id)


async def test_a_faulty_address_is_passed_over_while_there_is_another(
    post: Post, mail: MailServer, sms: KeyedGateway
) -> None:
    await post.give_telephone()
    mail.refused_recipients["p1@example.org"] = "550 5.1.1 no such user"
    await post.tell(EMAIL)
    await post.deliver()
    await post.tell(EMAIL)
    await post.deliver()
    assert (await post.states())[2:] == [("sms", "sent")]


async def test_the_only_address_is_tried_however_faulty(post: Post, mail: MailServer) -> None:
    mail.refused_recipients["p1@example.org"] = "550 5.1.1 no such user"
    await post.tell(EMAIL)
    await post.deliver()
    mail.refused_recipients.clear()
    await post.tell(EMAIL)
    await post.deliver(at_s=60)
    assert await post.states() == [("email", "dead"), ("email", "sent")]


async def test_an_address_is_trusted_again_when_mail_to_it_did_not_come_back(
    post: Post, mail: MailServer
) -> None:
    mail.refused_recipients["p1@example.org"] = "550 5.1.1 no such user"
    await post.tell(EMAIL)
    await post.deliver()
    mail.refused_recipients.clear()
    post.clock.at = after(60)
    await post.tell(EMAIL)
    await post.deliver()
    await post.follow(at_s=3600)
    assert await post.faults() == [("email", "refused")]
    await post.follow(at_s=3661)
    assert await post.faults() == []


async def test_without_the_promised_receipt_the_next_channel_is_tried_after_five_minutes(
    post: Post, mail: MailServer
) -> None:
    post.promises_receipts = True
    await post.give_telephone()
    await post.tell(SMS)
    await post.deliver()
    await post.follow(at_s=299)
    assert await post.deliver() == 0
    await post.follow(at_s=300)
    await post.follow(at_s=301)
    assert await post.deliver() == 1
    assert await post.states() == [("sms", "sent"), ("email", "sent")]
    assert await post.reasons() == [("no_receipt", "email")]
    assert await post.faults() == []


async def test_a_bad_receipt_flags_the_number_and_goes_on_at_once(
    post: Post, mail: MailServer
) -> None:
    post.promises_receipts = True
    await post.give_telephone()
    await post.tell(SMS)
    await post.deliver()
    await post.world.rows("UPDATE notification SET receipt = 'failed' RETURNING id")
    await post.follow(at_s=2)
    await post.deliver()
    assert await post.states() == [("sms", "dead"), ("email", "sent")]
    assert await post.faults() == [("sms", "bad_receipt")]


async def test_a_receipt_clears_the_number(post: Post) -> None:
    post.promises_receipts = True
    await post.give_telephone()
    await post.world.rows(
        "INSERT INTO address_fault VALUES ('sms', '+84900000001', :at, 'x') RETURNING address",
        at=after(-60),
    )
    post.limits = {SMS: 6}
    await post.tell(SMS)
    await post.deliver()
    await post.world.rows("UPDATE notification SET receipt = 'delivered' RETURNING id")
    await post.follow(at_s=2)
    assert await post.faults() == []


async def test_who_waits_ten_minutes_for_the_mail_server_is_told_by_telephone(
    post: Post, mail: MailServer, sms: KeyedGateway
) -> None:
    await post.give_telephone()
    mail.refused_recipients["p1@example.org"] = "451 4.7.1 greylisted"
    await post.tell(EMAIL)
    await post.deliver()
    await post.follow(at_s=599)
    assert await post.states() == [("email", "pending")]
    await post.follow(at_s=600)
    await post.follow(at_s=601)
    assert await post.states() == [("email", "pending"), ("sms", "pending")]
    await post.deliver()
    assert await post.states() == [("email", "cancelled"), ("sms", "sent")]
    mail.refused_recipients.clear()
    assert await post.deliver(at_s=7200) == 0
    assert await post.reasons() == [("slow", "sms")]


async def test_what_waits_is_looked_at_once_and_goes_on_being_tried(
    post: Post, mail: MailServer
) -> None:
    mail.refused_recipients["p1@example.org"] = "451 4.7.1 greylisted"
    await post.tell(EMAIL)
    await post.deliver()
    for at_s in (600, 601, 700):
        await post.follow(at_s=at_s)
    assert await post.reasons() == [("slow", None)]
    mail.refused_recipients.clear()
    assert await post.deliver(at_s=901) == 1
    assert await post.states() == [("email", "sent")]


async def test_nobody_is_told_instead_of_what_was_taken_up(post: Post, mail: MailServer) -> None:
    await post.give_telephone()
    mail.refused_recipients["p1@example.org"] = "550 5.1.1 no such user"
    await post.tell(EMAIL)
    await post.world.rows("UPDATE incident SET acknowledged_at = :at RETURNING id", at=after(1))
    await post.deliver()
    assert await post.states() == [("email", "dead")]


async def test_killed_between_refusal_and_record_nothing_is_lost_or_doubled(
    post: Post, mail: MailServer, sms: KeyedGateway
) -> None:
    """Both are one transaction: it is claimed again, refused again, and replaced once."""
    await post.give_telephone()
    mail.refused_recipients["p1@example.org"] = "550 5.1.1 no such user"
    await post.tell(EMAIL)
    deliverer = post.deliverer()
    async with post.world.alerts.begin() as connection:
        await deliverer.box.claim(connection, now=after(0), due_again_at=after(60))
    await post.deliver(at_s=61)
    await post.deliver(at_s=130)
    assert await post.states() == [("email", "dead"), ("sms", "sent")]
    assert len(sms.out) == 1


async def test_two_services_follow_at_once_and_tell_once(post: Post, mail: MailServer) -> None:
    post.promises_receipts = True
    await post.give_telephone()
    await post.tell(SMS)
    await post.deliver()
    await post.follow(at_s=400)
    other = replace(post)
    await other.follow(at_s=400)
    assert await post.states() == [("sms", "sent"), ("email", "pending")]
