"""Each provider's own protocol, over real sockets, against a provider that keeps books."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from decimal import Decimal

import pytest

from services.alerts.sms import speedsms
from services.alerts.sms.config import EsmsConfig, SpeedSmsConfig, TwilioConfig
from services.alerts.sms.gateway import Fault, GatewayError, ShortMessage, SmsGateway
from services.alerts.sms.setting_up import gateway_of
from tests.support.sms_gateways import providers
from tests.support.sms_gateways.http_server import Trouble
from tests.support.sms_gateways.providers import Provider

MESSAGE = ShortMessage("+84901234567", "Phong 1 khong ai trong", "0123456789abcdef" * 2)
MARKED = ShortMessage("+84901234567", "Phòng 1 không ai trông", "fedcba9876543210" * 2)
Pair = tuple[SmsGateway, Provider]
Opened = Callable[[], AbstractAsyncContextManager[Pair]]


@asynccontextmanager
async def esms(**changes: str) -> AsyncIterator[Pair]:
    async with providers.esms() as provider:
        accounts = {"api_key": "key", "secret_key": "secret", "brandname": "GIAMSAT"} | changes
        gateway = gateway_of(
            EsmsConfig.model_validate(
                {"kind": "esms", "name": "esms", "base_url": provider.url, "timeout_s": 0.5,
                 "callback_url": "https://giamsat.example/api/v1/sms/esms/receipts?secret=s"}
                | accounts
            )
        )  # fmt: skip
        yield gateway, provider
        await gateway.close()


@asynccontextmanager
async def speed(token: str = providers.TOKEN) -> AsyncIterator[Pair]:
    async with providers.speedsms() as provider:
        gateway = gateway_of(
            SpeedSmsConfig.model_validate(
                {"kind": "speedsms", "name": "speed", "base_url": provider.url, "timeout_s": 0.5,
                 "token": token, "sms_type": 3, "sender": "GIAMSAT"}
            )
        )  # fmt: skip
        yield gateway, provider
        await gateway.close()


@asynccontextmanager
async def twilio(token: str = providers.TOKEN) -> AsyncIterator[Pair]:
    async with providers.twilio() as provider:
        gateway = gateway_of(
            TwilioConfig.model_validate(
                {"kind": "twilio", "name": "twilio", "base_url": provider.url, "timeout_s": 0.5,
                 "account_sid": "AC1", "token": token, "sender": "+15005550006",
                 "callback_url": "https://giamsat.example/api/v1/sms/twilio/receipts"}
            )
        )  # fmt: skip
        yield gateway, provider
        await gateway.close()


ALL: list[Opened] = [esms, speed, twilio]
each = pytest.mark.parametrize("opened", ALL)


@each
async def test_a_message_is_handed_over_with_its_number_and_text(opened: Opened) -> None:
    async with opened() as (gateway, provider):
        taken = await gateway.send(MESSAGE)
    [(number, text)] = provider.books.sent
    assert number.lstrip("+").removeprefix("84").removeprefix("0") == "901234567"
    assert text == MESSAGE.text
    assert taken.ref in {"ref-1", MESSAGE.key}


@each
@pytest.mark.parametrize(
    ("trouble", "fault", "copies"),
    [
        (Trouble.TIMEOUT_BEFORE, Fault.UNKNOWN, 0),
        (Trouble.TIMEOUT_AFTER, Fault.UNKNOWN, 1),
        (Trouble.HANG_UP_AFTER, Fault.UNKNOWN, 1),
        (Trouble.ERROR_500, Fault.UNKNOWN, 0),
        (Trouble.ERROR_500_AFTER, Fault.UNKNOWN, 1),
        (Trouble.GIBBERISH, Fault.UNKNOWN, 1),
        (Trouble.TOO_MANY, Fault.GATEWAY, 0),
        (Trouble.NO_BALANCE, Fault.GATEWAY, 0),
        (Trouble.BAD_NUMBER, Fault.NUMBER, 0),
    ],
)
async def test_what_goes_wrong_is_told_as_what_it_is(
    opened: Opened, trouble: Trouble, fault: Fault, copies: int
) -> None:
    async with opened() as (gateway, provider):
        provider.in_trouble(trouble)
        with pytest.raises(GatewayError) as caught:
            await gateway.send(MESSAGE)
        assert caught.value.fault is fault
        assert len(provider.books.sent) == copies


@each
async def test_a_fault_says_neither_number_nor_text_nor_secret(opened: Opened) -> None:
    async with opened() as (gateway, provider):
        for trouble in set(Trouble) - {Trouble.NONE, Trouble.TIMEOUT_BEFORE, Trouble.TIMEOUT_AFTER}:
            provider.in_trouble(trouble)
            with pytest.raises(GatewayError) as caught:
                await gateway.send(MESSAGE)
            said = f"{caught.value} {caught.value.detail}"
            assert not any(word in said for word in ("901234567", "Phong", "token", "secret"))


async def test_nobody_at_the_other_end_took_nothing() -> None:
    gateway = gateway_of(
        SpeedSmsConfig.model_validate(
            {"kind": "speedsms", "name": "x", "base_url": "http://127.0.0.1:9/", "token": "t"}
        )
    )
    with pytest.raises(GatewayError) as caught:
        await gateway.send(MESSAGE)
    assert caught.value.fault is Fault.GATEWAY
    await gateway.close()


@each
async def test_a_gateway_that_is_asked_too_much_says_when_it_takes_more(opened: Opened) -> None:
    async with opened() as (gateway, provider):
        provider.in_trouble(Trouble.TOO_MANY)
        with pytest.raises(GatewayError) as caught:
            await gateway.send(MESSAGE)
    assert caught.value.wait == timedelta(seconds=17)


@pytest.mark.parametrize(
    "opened",
    [lambda: esms(secret_key="wrong"), lambda: speed("wrong"), lambda: twilio("wrong")],
)
async def test_who_does_not_know_us_takes_nothing(opened: Opened) -> None:
    async with opened() as (gateway, provider):
        with pytest.raises(GatewayError) as caught:
            await gateway.send(MESSAGE)
    assert caught.value.fault is Fault.GATEWAY
    assert provider.books.sent == []


@pytest.mark.parametrize("trouble", [Trouble.TIMEOUT_AFTER, Trouble.ERROR_500_AFTER])
async def test_esms_sends_a_message_once_however_often_it_is_asked(trouble: Trouble) -> None:
    async with esms() as (gateway, provider):
        provider.in_trouble(trouble)
        with pytest.raises(GatewayError):
            await gateway.send(MESSAGE)
        taken = await gateway.send(MESSAGE)
        again = await gateway.send(MESSAGE)
    assert len(provider.books.sent) == 1
    assert taken.is_repeat
    assert {taken.ref, again.ref} == {MESSAGE.key}


async def test_esms_is_told_whether_there_are_marks_and_where_to_report() -> None:
    async with esms() as (gateway, provider):
        await gateway.send(MESSAGE)
        await gateway.send(MARKED)
    plain, marked = (request.json for request in provider.server.asked)
    assert (plain["IsUnicode"], marked["IsUnicode"]) == ("0", "1")
    assert plain["Sandbox"] == "0"
    assert plain["Brandname"] == "GIAMSAT"
    assert plain["CallbackUrl"] == "https://giamsat.example/api/v1/sms/esms/receipts?secret=s"
    assert plain["RequestId"] == MESSAGE.key


async def test_esms_from_a_fixed_number_bears_no_name() -> None:
    async with esms(brandname="", sms_type="8") as (gateway, provider):
        await gateway.send(MESSAGE)
    assert "Brandname" not in provider.server.asked[0].json
    assert provider.server.asked[0].json["SmsType"] == "8"


async def test_a_brand_name_that_is_not_registered_is_a_fault_of_the_gateway() -> None:
    async with esms(brandname="OTHER") as (gateway, _):
        with pytest.raises(GatewayError, match="CodeResult 104") as caught:
            await gateway.send(MESSAGE)
    assert caught.value.fault is Fault.GATEWAY


async def test_speedsms_tells_what_is_left_of_the_money() -> None:
    async with speed() as (gateway, provider):
        assert isinstance(gateway, speedsms.SpeedSms)
        provider.books.balance = 1234
        assert await gateway.balance() == Decimal(1234)


async def test_speedsms_is_given_the_sender_and_the_number_abroad() -> None:
    async with speed() as (gateway, provider):
        await gateway.send(MESSAGE)
    assert provider.server.asked[0].json == {
        "to": ["84901234567"], "content": MESSAGE.text, "sms_type": 3, "sender": "GIAMSAT",
    }  # fmt: skip


async def test_twilio_is_told_where_to_report() -> None:
    async with twilio() as (gateway, provider):
        await gateway.send(MESSAGE)
    assert provider.server.asked[0].form == {
        "To": "+84901234567", "From": "+15005550006", "Body": MESSAGE.text,
        "StatusCallback": "https://giamsat.example/api/v1/sms/twilio/receipts",
    }  # fmt: skip
