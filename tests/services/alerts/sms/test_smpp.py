"""SMPP 3.4 over a real socket, against a centre that reads every octet by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from services.alerts.sms.gateway import (
    Answered,
    Fault,
    GatewayError,
    NotKeptError,
    Reported,
    ShortMessage,
)
from services.alerts.sms.smpp import Centre as Settings
from services.alerts.sms.smpp import Smpp
from shared.domain import gsm_alphabet, short_text
from shared.domain.delivery import Receipt
from tests.support.sms_gateways.centre import Centre, Slip, centre

MESSAGE = ShortMessage("+84901234567", "Phong 1 [a] khong ai trong", "0123456789abcdef" * 2)


class Heard(asyncio.Queue[Reported | Answered]):
    """What was written down."""

    is_failing = False

    async def hear(self, said: Reported | Answered) -> None:
        if self.is_failing:
            raise NotKeptError
        await self.put(said)


@asynccontextmanager
async def bound(smsc: Centre, heard: Heard, *, enquire_every_s: float = 60) -> AsyncIterator[Smpp]:
    gateway = Smpp(
        "smpp",
        Settings(
            "127.0.0.1", smsc.port, "giamsat", "secret", "GIAMSAT",
            is_tls=False, timeout_s=0.3, enquire_every_s=enquire_every_s,
        ),
    )  # fmt: skip
    listening = asyncio.ensure_future(gateway.listen(heard.hear))
    try:
        async with asyncio.timeout(5):
            await asyncio.wait(
                {listening, asyncio.ensure_future(smsc.bound.wait())},
                return_when=asyncio.FIRST_COMPLETED,
            )
            while not gateway.is_bound and not listening.done():  # noqa: ASYNC110 - one turn
                await asyncio.sleep(0)
        yield gateway
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError, GatewayError):
            await listening


@pytest.fixture
async def smsc() -> AsyncIterator[Centre]:
    async with centre() as running:
        yield running


@pytest.fixture
def heard() -> Heard:
    return Heard()


async def test_a_message_goes_out_as_the_standard_has_it(smsc: Centre, heard: Heard) -> None:
    async with bound(smsc, heard) as gateway:
        taken = await gateway.send(MESSAGE)
    [sent] = smsc.taken
    assert taken.ref == "m1"
    assert smsc.binds == [("giamsat", "secret")]
    assert (sent.source, sent.destination, sent.destination_ton) == ("GIAMSAT", "84901234567", 1)
    assert (sent.coding, sent.esm_class, sent.registered_delivery) == (0, 0, 1)
    assert sent.content == b"Phong 1 \x1b<a\x1b> khong ai trong"


async def test_marks_go_out_as_ucs_2(smsc: Centre, heard: Heard) -> None:
    async with bound(smsc, heard) as gateway:
        await gateway.send(ShortMessage(MESSAGE.number, "Phòng không ai trông", MESSAGE.key))
    [sent] = smsc.taken
    assert sent.coding == 8
    assert sent.content.decode("utf-16-be") == "Phòng không ai trông"


@pytest.mark.parametrize("text", ["x€" * 120, "Phòng không ai trông " * 9])
async def test_a_long_message_is_joined_from_its_segments(
    smsc: Centre, heard: Heard, text: str
) -> None:
    async with bound(smsc, heard) as gateway:
        taken = await gateway.send(ShortMessage(MESSAGE.number, text, MESSAGE.key))
    count = short_text.segments(text)
    assert len(smsc.taken) == count > 1
    assert [sent.header for sent in smsc.taken] == [
        bytes([5, 0, 3, 1, count, number]) for number in range(1, count + 1)
    ]
    payload = b"".join(sent.payload for sent in smsc.taken)
    coding = smsc.taken[0].coding
    read = gsm_alphabet.text_of(payload) if coding == 0 else payload.decode("utf-16-be")
    assert read == text
    assert all(len(sent.content) <= (159 if coding == 0 else 140) for sent in smsc.taken)
    assert [sent.registered_delivery for sent in smsc.taken] == [0] * (count - 1) + [1]
    assert taken.ref == f"m{count}"


@pytest.mark.parametrize(
    ("slip", "fault", "copies"),
    [
        (Slip.TIMEOUT_BEFORE, Fault.UNKNOWN, 0),
        (Slip.TIMEOUT_AFTER, Fault.UNKNOWN, 1),
        (Slip.HANG_UP_BEFORE, Fault.UNKNOWN, 0),
        (Slip.HANG_UP_AFTER, Fault.UNKNOWN, 1),
        (Slip.BAD_NUMBER, Fault.NUMBER, 0),
        (Slip.THROTTLED, Fault.GATEWAY, 0),
    ],
)
async def test_what_goes_wrong_is_told_as_what_it_is(
    smsc: Centre, heard: Heard, slip: Slip, fault: Fault, copies: int
) -> None:
    smsc.slips.append(slip)
    async with bound(smsc, heard) as gateway:
        with pytest.raises(GatewayError) as caught:
            await gateway.send(MESSAGE)
    assert caught.value.fault is fault
    assert len(smsc.taken) == copies


async def test_half_a_message_may_have_arrived(smsc: Centre, heard: Heard) -> None:
    smsc.slips.extend([Slip.NONE, Slip.THROTTLED])
    async with bound(smsc, heard) as gateway:
        with pytest.raises(GatewayError) as caught:
            await gateway.send(ShortMessage(MESSAGE.number, "x" * 200, MESSAGE.key))
    assert caught.value.fault is Fault.UNKNOWN


async def test_without_a_line_nothing_is_taken(smsc: Centre, heard: Heard) -> None:
    async with bound(smsc, heard) as gateway:
        pass
    with pytest.raises(GatewayError) as caught:
        await gateway.send(MESSAGE)
    assert caught.value.fault is Fault.GATEWAY


async def test_a_wrong_password_binds_nothing(smsc: Centre, heard: Heard) -> None:
    gateway = Smpp(
        "smpp",
        Settings("127.0.0.1", smsc.port, "giamsat", "wrong", "G", is_tls=False, timeout_s=1),
    )
    with pytest.raises(GatewayError) as caught:
        await gateway.listen(heard.hear)
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("state", "receipt"),
    [
        ("DELIVRD", Receipt.DELIVERED),
        ("UNDELIV", Receipt.FAILED),
        ("EXPIRED", Receipt.FAILED),
        ("REJECTD", Receipt.FAILED),
        ("DELETED", Receipt.FAILED),
    ],
)
async def test_a_report_says_what_became_of_a_message(
    smsc: Centre, heard: Heard, state: str, receipt: Receipt
) -> None:
    async with bound(smsc, heard) as gateway, asyncio.timeout(5):
        taken = await gateway.send(MESSAGE)
        await smsc.report(taken.ref, state, error="042")
        assert await heard.get() == Reported(taken.ref, receipt, f"{state} 042")
        assert await smsc.delivered.get() == 0


async def test_what_is_still_under_way_is_no_report(smsc: Centre, heard: Heard) -> None:
    async with bound(smsc, heard), asyncio.timeout(5):
        await smsc.report("m1", "ENROUTE")
        assert await smsc.delivered.get() == 0
    assert heard.empty()


@pytest.mark.parametrize("text", ["OK 1234", "Đã nhận 1234"])
async def test_an_answer_is_heard_with_its_sender(smsc: Centre, heard: Heard, text: str) -> None:
    async with bound(smsc, heard), asyncio.timeout(5):
        await smsc.answer_from("84901234567", text)
        said = await heard.get()
    assert isinstance(said, Answered)
    assert (said.sender, said.body) == ("+84901234567", text)


async def test_what_could_not_be_written_down_is_asked_for_again(
    smsc: Centre, heard: Heard
) -> None:
    heard.is_failing = True
    async with bound(smsc, heard), asyncio.timeout(5):
        await smsc.report("m1", "DELIVRD")
        assert await smsc.delivered.get() == 0x64
        heard.is_failing = False
        await smsc.report("m1", "DELIVRD")
        assert await smsc.delivered.get() == 0
    assert heard.qsize() == 1


async def test_a_quiet_line_is_asked_whether_it_lives(smsc: Centre, heard: Heard) -> None:
    async with bound(smsc, heard, enquire_every_s=0.02) as gateway, asyncio.timeout(5):
        while smsc.enquiries < 2:  # noqa: ASYNC110 - it comes over a socket
            await asyncio.sleep(0.01)
        await smsc.ask_whether_alive()
        assert (await gateway.send(MESSAGE)).ref == "m1"


async def test_a_line_that_is_cut_is_told_at_once(smsc: Centre, heard: Heard) -> None:
    gateway = Smpp(
        "smpp",
        Settings("127.0.0.1", smsc.port, "giamsat", "secret", "G", is_tls=False, timeout_s=5),
    )
    listening = asyncio.ensure_future(gateway.listen(heard.hear))
    async with asyncio.timeout(5):
        await smsc.bound.wait()
        await smsc.hang_up()
        with pytest.raises(GatewayError):
            await listening
    assert not gateway.is_bound


async def test_who_leaves_says_goodbye(smsc: Centre, heard: Heard) -> None:
    async with bound(smsc, heard) as gateway, asyncio.timeout(5):
        await gateway.close()
        await smsc.unbound.wait()
