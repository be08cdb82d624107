import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.edge import gateway as gateways
from services.edge import link
from services.edge.gateway import Gateway, backoff_s, jittered_s
from services.edge.journal import Journal
from services.edge.link import Account, LinkError
from services.edge.watch import Look, Reading
from shared.contracts import topics
from shared.contracts.heartbeat import decode_entry, decode_many
from shared.domain.states import WatchState
from tests.support.broker import Broker, running_broker

OK, COVERED = WatchState.OK, WatchState.COVERED
FACILITY, CODE, PASSWORD = "hoa-sen", "gw", "a-password"


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(FACILITY, CODE, Journal(tmp_path / "journal.json"))


class Told:
    """Takes messages, and delivers them or not."""

    def __init__(self) -> None:
        self.delivers = True
        self.entries: list[tuple[str, str, int, int]] = []

    async def publish(self, _topic: str, payload: bytes) -> bool:
        for raw in decode_many(payload):
            beat = decode_entry(raw)
            self.entries.append((beat.device, beat.state, int(beat.since), int(beat.at)))  # type: ignore[arg-type]  # numbers, as sent
        return self.delivers


async def test_one_message_repairs_all_that_were_lost(gateway: Gateway) -> None:
    told = Told()
    for at_ms in range(1000, 60_000, 1000):
        gateway.see(Look("cam-1", OK, at_ms))
    await gateway.tell(told.publish)
    assert told.entries == [("cam-1", "ok", 1000, 59_000)]


async def test_an_ended_watch_is_told_until_it_is_delivered(gateway: Gateway) -> None:
    told = Told()
    for look in (Look("c", OK, 1000), Look("c", OK, 2000), Look("c", COVERED, 3000)):
        gateway.see(look)
    told.delivers = False
    await gateway.tell(told.publish)
    told.delivers = True
    await gateway.tell(told.publish)
    await gateway.tell(told.publish)
    assert told.entries.count(("c", "ok", 1000, 2000)) == 2
    assert told.entries.count(("c", "covered", 2000, 3000)) == 3


async def test_a_change_of_state_is_told_at_once(gateway: Gateway) -> None:
    gateway.see(Look("cam-1", OK, 1000))
    assert not gateway.changed.is_set()
    gateway.see(Look("cam-1", COVERED, 2000))
    assert gateway.changed.is_set()


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_back_off_is_never_longer_than_a_minute(failures: int, chance: float) -> None:
    assert 0 <= backoff_s(failures, chance) <= 60


@given(st.floats(0, 1))
def test_the_rhythm_drifts_by_a_tenth_at_most(chance: float) -> None:
    assert 9 <= jittered_s(10, chance) <= 11


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with running_broker([(FACILITY, CODE, PASSWORD)]) as running:
        yield running


def account(broker: Broker) -> Account:
    return Account(broker.host, broker.port, topics.username(FACILITY, CODE), PASSWORD)


async def test_a_message_that_nobody_hears_is_not_delivered(broker: Broker) -> None:
    async with link.opened(account(broker)) as opened:
        assert not await opened.publish(topics.of(FACILITY, CODE, topics.Leaf.HEARTBEATS), b"[]")


async def test_a_message_on_a_foreign_topic_is_not_delivered(broker: Broker) -> None:
    async with link.opened(account(broker)) as opened:
        assert not await opened.publish(topics.of("other", CODE, topics.Leaf.HEARTBEATS), b"[]")


async def test_a_wrong_password_is_told_as_a_link_error(broker: Broker) -> None:
    wrong = Account(broker.host, broker.port, topics.username(FACILITY, CODE), "wrong")
    with pytest.raises(LinkError):
        async with link.opened(wrong):
            pass


async def test_the_watch_is_told_after_the_broker_came_back(
    broker: Broker, gateway: Gateway
) -> None:
    gateway.see(Look("cam-1", OK, 1000))
    gateway.see(Look("cam-1", OK, 2000))
    telling = asyncio.create_task(gateways.keep_telling(gateway, account(broker), interval_s=0.1))
    async with asyncio.timeout(10):
        assert await first_heard(broker)
        broker.kill()
        broker.start()
        payload = await first_heard(broker)
    telling.cancel()
    assert decode_entry(decode_many(payload)[0]).since == 1000


async def first_heard(broker: Broker) -> bytes:
    async with aiomqtt.Client(
        broker.host, broker.port, username="giamsat-ingest", password=broker.ingest_password
    ) as ingest:
        await ingest.subscribe("giamsat/v1/+/+/+", qos=1)
        message = await anext(aiter(ingest.messages))
    assert isinstance(message.payload, bytes)
    return message.payload


async def test_readings_are_told_with_the_watch(gateway: Gateway) -> None:
    payloads: list[bytes] = []

    async def publish(_topic: str, payload: bytes) -> bool:
        payloads.append(payload)
        return True

    gateway.see(Look("door-1", OK, 1000))
    gateway.see(Look("door-1", OK, 2000))
    gateway.read("door-1", Reading(battery=64))
    await gateway.tell(publish)
    assert decode_entry(decode_many(payloads[0])[0]).battery == 64
