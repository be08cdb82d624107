"""Words of a place's own, from the table to the wire."""

import structlog
from sqlalchemy import text, update

from services.alerts.deliver.box import Messages
from services.alerts.deliver.channel import Carrier
from services.alerts.deliver.deliverer import Deliverer
from services.alerts.deliver.email import Mailer, Server, Tls
from services.alerts.deliver.mail import Mail
from services.alerts.outbox.links import Links
from services.alerts.tell.outbox import Sender
from services.alerts.tick import Holder, tick
from shared.db.session import unit_of_work
from shared.db.tables import channels, ladders, registry
from shared.domain.delivery import Channel
from tests.support.alerting import START, World, after
from tests.support.keyed_gateway import KeyedCarrier, KeyedGateway
from tests.support.mail_server import MailServer

BOTH = {Channel.EMAIL: 20, Channel.SMS: 6}
SENDER = Sender("giamsat.example", "https://giamsat.example", BOTH)
FROM = "giamsat@giamsat.example"
HELLO = "Kính gửi ông/bà,\n{what}, từ {since}.\n\n{late}\n\nMời ông/bà xác nhận: {link}"


async def words(
    world: World, body: str, *, channel: str = "email", kind: str = "alert", subject: str = "",
    unit_id: int | None = None, until_s: float | None = None,
) -> int:  # fmt: skip
    return await world.add(
        channels.message_template, channel=channel, language="vi", kind=kind, subject=subject,
        body=body, valid_from=START, valid_to=None if until_s is None else after(until_s),
        admin_unit_id=unit_id,
    )  # fmt: skip


async def silent_home(world: World, *, telephone: bool = False) -> None:
    """Its manager is told at 172."""
    facility = await world.facility()
    manager = await world.user("FACILITY_MANAGER", facility_id=facility)
    if telephone:
        await world.add(
            channels.contact_point, user_id=manager, channel="sms", address="+84900000001",
            created_at=START, verified_at=START,
        )  # fmt: skip
        async with unit_of_work(world.owner) as connection:
            await connection.execute(update(ladders.ladder_step).values(channels=["sms"]))
    zone = await world.zone(facility)
    await world.attest(await world.device(facility, zone), 0, 100)


async def pass_time(world: World, until_s: int, *, since_s: int) -> None:
    for seconds in range(since_s, until_s + 1):
        await world.know_until(seconds)
        await tick(world.alerts, Holder("one"), SENDER, after(seconds))


async def deliver(world: World, mail: MailServer, sms: KeyedGateway) -> None:
    mailer = Mailer(Server("127.0.0.1", mail.port, Tls.NONE, "", "", timeout_s=5))
    carriers: dict[Channel, Carrier] = {
        Channel.EMAIL: Mail(mailer, FROM),
        Channel.SMS: KeyedCarrier(sms.port),
    }
    box = Messages(list(BOTH), Links("https://giamsat.example", b"k" * 32), BOTH)
    await Deliverer(world.alerts, box, carriers, lambda: after(180)).run()


async def test_a_mail_goes_out_in_the_words_of_the_place(
    world: World, mail: MailServer, sms: KeyedGateway
) -> None:
    await words(world, HELLO, subject="[Khẩn] {facility}: {zones}")
    await silent_home(world)
    await pass_time(world, 172, since_s=160)
    await deliver(world, mail, sms)

    (sent,) = mail.received
    (incident,) = await world.rows("SELECT id FROM incident")
    assert sent["Subject"] == "[Khẩn] Mái ấm Hoa Sen: Phòng z1"
    assert sent["References"] == f"<incident-{incident.id}@giamsat.example>"
    first, second, blank, last, _ = sent.get_content().split("\r\n")
    assert (first, blank) == ("Kính gửi ông/bà,", "")
    assert second == (
        "Mái ấm Hoa Sen: gián đoạn giám sát, toàn bộ cơ sở mất tín hiệu, từ 12:01, 20/11/2026."
    )
    assert last.startswith("Mời ông/bà xác nhận: https://giamsat.example/a/AQ")
    (row,) = await world.rows("SELECT subject, body FROM notification")
    assert row.subject == sent["Subject"]
    assert row.body.endswith("{link}\n")


async def test_a_short_message_goes_out_in_the_words_of_the_place(
    world: World, mail: MailServer, sms: KeyedGateway
) -> None:
    await words(world, "Khan: {facility} mat giam sat {length}.\n{link}", channel="sms")
    await silent_home(world, telephone=True)
    await pass_time(world, 172, since_s=160)
    await deliver(world, mail, sms)

    assert mail.received == []
    ((said,),) = [[one["text"] for one in sms.out.values()]]
    assert said.startswith("Khan: Mái ấm Hoa Sen mat giam sat 1 phút. https://")
    (row,) = await world.rows("SELECT subject FROM notification")
    assert row.subject == "Mái ấm Hoa Sen: gián đoạn giám sát, toàn bộ cơ sở mất tín hiệu"


async def test_words_that_cannot_be_used_are_said_in_ours_and_loudly(world: World) -> None:
    broken = await words(world, "{whatever} {link}", subject="{what}")
    cut = await words(world, "{facility", channel="sms")
    await silent_home(world)
    with structlog.testing.capture_logs() as logs:
        await pass_time(world, 172, since_s=160)

    (row,) = await world.rows("SELECT subject, body, short FROM notification")
    assert row.subject.startswith("Mái ấm Hoa Sen: gián đoạn giám sát")
    assert "Xác nhận đã nhận tại đây:\n{link}\n" in row.body
    assert row.short.startswith("giamsat: Mái ấm Hoa Sen")
    errors = {one["template_id"]: one["flaws"] for one in logs if one["log_level"] == "error"}
    assert errors == {broken: ["body: unknown whatever"], cut: ["body: brace"]}


async def test_words_with_nothing_in_them_this_time_are_said_in_ours(world: World) -> None:
    empty = await words(world, "{link}", subject="{late}")
    await silent_home(world)
    with structlog.testing.capture_logs() as logs:
        await pass_time(world, 172, since_s=160)

    (row,) = await world.rows("SELECT subject FROM notification")
    assert row.subject.startswith("Mái ấm Hoa Sen: gián đoạn giám sát")
    assert [one["template_id"] for one in logs if one["event"] == "template_not_filled"] == [empty]


async def test_the_nearest_words_count_and_those_that_ended_do_not(world: World) -> None:
    elsewhere = await world.add(
        registry.admin_unit, code="52", name="Gia Lai", level="province", kind="province",
        valid_from=START.date(),
    )  # fmt: skip
    await words(world, "{link}", subject="everywhere")
    await words(world, "{link}", subject="the province", unit_id=world.province_id)
    await words(world, "{link}", subject="elsewhere", unit_id=elsewhere)
    await words(world, "{link}", subject="the commune", unit_id=world.commune_id, until_s=60)
    await words(world, "{link}", subject="told late", kind="escalation")
    await silent_home(world)
    await world.user("COMMUNE_CPO", admin_unit_id=world.commune_id)
    await pass_time(world, 232, since_s=160)

    rows = await world.rows("SELECT kind, subject FROM notification ORDER BY id")
    assert [tuple(row) for row in rows] == [("alert", "the province"), ("escalation", "told late")]


async def test_what_is_over_is_told_in_its_own_words(world: World) -> None:
    await words(world, "{link}", subject="Xong: {facility}, {length}", kind="recovery")
    await silent_home(world)
    await pass_time(world, 172, since_s=160)
    (device,) = await world.rows("SELECT id FROM device")
    await world.attest(device.id, 170, 400)
    await pass_time(world, 200, since_s=173)

    rows = await world.rows("SELECT kind, subject, body FROM notification ORDER BY id")
    assert [row.kind for row in rows] == ["alert", "recovery"]
    assert rows[1].subject == "Xong: Mái ấm Hoa Sen, 1 phút"
    assert rows[1].body == "https://giamsat.example/incidents/1\n"


async def test_a_tick_with_nothing_to_tell_does_not_look_for_words(world: World) -> None:
    """It could not: the right is taken away."""
    async with unit_of_work(world.owner) as connection:
        await connection.execute(text("REVOKE SELECT ON message_template FROM giamsat_alerts"))
    facility = await world.facility()
    zone = await world.zone(facility)
    await world.attest(await world.device(facility, zone), 0, 100)
    await pass_time(world, 172, since_s=160)
    assert await world.incidents() == [("facility_silent", "open")]
