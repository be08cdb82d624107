"""Several gateways in order, each a real socket away, and everything that F76 does to them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.alerts.deliver.channel import Accepted, ChannelError
from services.alerts.sms.config import EsmsConfig, SpeedSmsConfig
from services.alerts.sms.dispatch import Dispatch
from services.alerts.sms.gateway import SmsGateway
from services.alerts.sms.setting_up import gateway_of
from services.alerts.sms.words import Letter
from shared.domain import short_text
from shared.domain.sms_failover import End, Try
from shared.i18n import translator
from tests.support.sms_gateways import providers
from tests.support.sms_gateways.http_server import Trouble
from tests.support.sms_gateways.providers import Provider

LINK = "https://giamsat.example/a/AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
LETTER = Letter("+84901234567", f"Phòng 1: không ai trông. {LINK}", translator("vi"), "<m1@x>")
TROUBLES = [trouble for trouble in Trouble if trouble is not Trouble.NONE]


@dataclass
class Office:
    """An outbox of one message in memory: what the deliverer does, with time as a test has it."""

    esms: Provider
    speed: Provider
    gateways: list[SmsGateway]
    at: datetime = datetime(2026, 11, 20, 2, 10, tzinfo=UTC)
    tries: list[Try] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dispatch = Dispatch(self.gateways, now=lambda: self.at, most_segments=3)

    async def send(self, letter: Letter = LETTER) -> ChannelError | None:
        """One attempt."""
        asked: list[str] = []

        async def before(gateway: str) -> None:
            asked.append(gateway)
            self.asked.append(gateway)

        try:
            self.accepted.append(await self.dispatch.send(letter, self.tries, before))
        except ChannelError as fault:
            end = End.UNKNOWN if fault.may_have_arrived else End.NOT_TAKEN
            self.tries.append(Try(fault.provider or "", end, self.at))
            return fault
        return None

    async def until_taken(self, letter: Letter = LETTER) -> int:
        """As the deliverer does it: a minute, two, four … between attempts."""
        for attempt in range(1, 12):
            if await self.send(letter) is None:
                return attempt
            self.at += timedelta(minutes=2 ** (attempt - 1))
        return 0

    @property
    def texts(self) -> list[str]:
        return [text for provider in (self.esms, self.speed) for _, text in provider.books.sent]


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        yield await opened(stack)


async def opened(stack: AsyncExitStack) -> Office:
    esms = await stack.enter_async_context(providers.esms())
    speed = await stack.enter_async_context(providers.speedsms())
    own = EsmsConfig.model_validate(
        {"kind": "esms", "name": "esms", "base_url": esms.url, "timeout_s": 0.15,
         "api_key": "key", "secret_key": "secret", "brandname": "GIAMSAT"}
    )  # fmt: skip
    other = SpeedSmsConfig.model_validate(
        {"kind": "speedsms", "name": "speed", "base_url": speed.url, "timeout_s": 0.15,
         "token": "token"}
    )  # fmt: skip
    office = Office(esms, speed, [gateway_of(own), gateway_of(other)])
    stack.push_async_callback(office.dispatch.close)
    return office


async def test_the_first_in_the_order_takes_it(office: Office) -> None:
    assert await office.send() is None
    assert office.accepted[0].provider == "esms"
    assert office.accepted[0].receipt_expected
    assert office.asked == ["esms"]


@pytest.mark.parametrize("trouble", [Trouble.TOO_MANY, Trouble.NO_BALANCE, Trouble.BAD_NUMBER])
async def test_what_was_surely_not_taken_goes_to_the_next_at_once(
    office: Office, trouble: Trouble
) -> None:
    office.esms.in_trouble(trouble)
    assert await office.send() is None
    assert office.accepted[0].provider == "speed"
    assert office.asked == ["esms", "speed"]
    assert len(office.texts) == 1


@pytest.mark.parametrize(
    "trouble",
    [Trouble.TIMEOUT_BEFORE, Trouble.TIMEOUT_AFTER, Trouble.HANG_UP_AFTER, Trouble.ERROR_500,
     Trouble.ERROR_500_AFTER, Trouble.GIBBERISH],
)  # fmt: skip
async def test_a_lost_answer_is_asked_for_again_and_nothing_goes_out_twice(
    office: Office, trouble: Trouble
) -> None:
    office.esms.in_trouble(trouble)
    fault = await office.send()
    assert fault is not None
    assert (fault.may_have_arrived, fault.provider, fault.retryable) == (True, "esms", True)
    office.at += timedelta(minutes=1)
    assert await office.send() is None
    assert office.asked == ["esms", "esms"]
    keys = {request.json["RequestId"] for request in office.esms.server.asked}
    assert len(keys) == 1
    assert len(office.texts) == 1


async def test_a_gateway_that_never_answers_is_left_for_the_next(office: Office) -> None:
    office.esms.in_trouble(*[Trouble.TIMEOUT_BEFORE] * 20)
    assert await office.until_taken() == 4
    assert office.accepted[0].provider == "speed"
    # It may be there already, so it says so.
    assert len(office.texts) == 1
    assert office.texts[0].startswith("(co the trung) Phong 1")


async def test_a_message_that_nobody_takes_now_waits_for_as_long_as_they_say(
    office: Office,
) -> None:
    office.esms.in_trouble(Trouble.TOO_MANY)
    office.speed.in_trouble(Trouble.TOO_MANY)
    fault = await office.send()
    assert fault is not None
    assert (fault.retryable, fault.may_have_arrived, fault.is_address_bad) == (True, False, False)
    assert fault.wait == timedelta(seconds=17)


async def test_a_number_that_nobody_takes_is_bad(office: Office) -> None:
    office.esms.in_trouble(Trouble.BAD_NUMBER)
    office.speed.in_trouble(Trouble.BAD_NUMBER)
    fault = await office.send()
    assert fault is not None
    assert (fault.retryable, fault.is_address_bad) == (False, True)
    assert "901234567" not in str(fault)


async def test_one_who_may_take_it_later_makes_a_number_worth_another_try(office: Office) -> None:
    office.esms.in_trouble(Trouble.BAD_NUMBER)
    office.speed.in_trouble(Trouble.NO_BALANCE)
    fault = await office.send()
    assert fault is not None
    assert (fault.retryable, fault.is_address_bad) == (True, False)


async def test_a_gateway_that_failed_rests_while_others_work(office: Office) -> None:
    office.esms.in_trouble(Trouble.NO_BALANCE)
    await office.send()
    await office.send(Letter("+84901234568", "2", translator("vi"), "<m2@x>"))
    assert office.asked == ["esms", "speed", "speed"]
    office.at += timedelta(seconds=31)
    await office.send(Letter("+84901234569", "3", translator("vi"), "<m3@x>"))
    assert office.asked[-1] == "esms"


async def test_no_gateway_at_all_is_no_reason_to_give_up() -> None:
    dispatch = Dispatch([], now=lambda: datetime(2026, 1, 1, tzinfo=UTC), most_segments=3)

    async def before(_: str) -> None:
        pass

    with pytest.raises(ChannelError) as caught:
        await dispatch.send(LETTER, [], before)
    assert caught.value.retryable


async def test_the_link_is_whole_in_what_goes_out(office: Office) -> None:
    long = Letter("+84901234567", "Phòng không ai trông " * 40 + LINK, translator("vi"), "<m@x>")
    await office.send(long)
    [text] = office.texts
    assert text.endswith(LINK)
    assert short_text.segments(text) == 3


scripts = st.lists(st.sampled_from(TROUBLES), max_size=4)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(esms=scripts)
async def test_where_a_key_exists_nothing_is_lost_and_nothing_doubled(esms: list[Trouble]) -> None:
    """One gateway that knows keys, in whatever trouble."""
    async with AsyncExitStack() as stack:
        office = await opened(stack)
        office.dispatch = Dispatch(office.gateways[:1], now=lambda: office.at, most_segments=3)
        office.esms.in_trouble(*esms)
        attempts = await office.until_taken()
        is_refused = attempts == 0
        assert len(office.esms.books.sent) == 1 or is_refused
        assert len(office.esms.books.sent) <= 1


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(esms=scripts, speed=scripts)
async def test_nothing_is_lost_and_what_is_doubled_says_so(
    esms: list[Trouble], speed: list[Trouble]
) -> None:
    async with AsyncExitStack() as stack:
        office = await opened(stack)
        office.esms.in_trouble(*esms)
        office.speed.in_trouble(*speed)
        await office.until_taken()
        assert office.texts
        unmarked = [text for text in office.texts if not text.startswith("(co the trung)")]
        assert len(unmarked) <= 1
