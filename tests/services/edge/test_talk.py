import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import aiomqtt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.edge import link, talk
from services.edge.gateway import Gateway
from services.edge.journal import Journal
from services.edge.link import Account, LinkError
from services.edge.talk import backoff_s, jittered_s
from services.edge.watch import Look
from shared.contracts import acknowledgement, nonce, topics
from shared.contracts.heartbeat import GatewayHeartbeat, decode_entry, decode_many
from shared.contracts.nonce import Nonce
from shared.domain.states import WatchState
from shared.runtime.ed25519 import SigningKey
from tests.support.broker import Broker, running_broker
from tests.support.tcp_proxy import TcpProxy

OK, COVERED = WatchState.OK, WatchState.COVERED
FACILITY, CODE, PASSWORD = "hoa-sen", "gw", "a-password"
HEARTBEATS = topics.of(FACILITY, CODE, topics.Leaf.HEARTBEATS)
ACK = topics.of(FACILITY, CODE, topics.Leaf.ACK)


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with running_broker([(FACILITY, CODE, PASSWORD)]) as running:
        yield running


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(FACILITY, CODE, Journal(tmp_path / "journal.json"))


def account(broker: Broker, port: int | None = None) -> Account:
    return Account(broker.host, port or broker.port, topics.username(FACILITY, CODE), PASSWORD)


@asynccontextmanager
async def telling(gateway: Gateway, account: Account) -> AsyncIterator[None]:
    task = asyncio.create_task(talk.keep_telling(gateway, account, interval_s=0.1))
    try:
        async with asyncio.timeout(30):
            yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@dataclass
class Ingest:
    """Hears what a gateway tells, and acknowledges it once it is `committing`."""

    client: aiomqtt.Client
    committing: bool = True
    heard: list[list[GatewayHeartbeat]] = field(default_factory=list)

    async def next(self) -> list[GatewayHeartbeat]:
        message = await anext(aiter(self.client.messages))
        assert isinstance(message.payload, bytes)
        beats = [decode_entry(raw) for raw in decode_many(message.payload)]
        self.heard.append(beats)
        if self.committing:
            boots = {str(beat.boot) for beat in beats}
            told = {
                boot: [int(beat.seq or 0) for beat in beats if beat.boot == boot] for boot in boots
            }
            payload = acknowledgement.encode(acknowledgement.of(told, {}))
            await self.client.publish(ACK, payload, qos=0)
        return beats

    async def until(self, device: str, state: WatchState) -> GatewayHeartbeat:
        while True:
            for beat in await self.next():
                if (beat.device, beat.state) == (device, state):
                    return beat


@asynccontextmanager
async def ingest(broker: Broker) -> AsyncIterator[Ingest]:
    async with aiomqtt.Client(
        broker.host, broker.port, username="giamsat-ingest", password=broker.ingest_password
    ) as client:
        await client.subscribe(HEARTBEATS, qos=1)
        yield Ingest(client)


def end_a_watch(gateway: Gateway) -> None:
    for state, at_ms in ((OK, 1000), (OK, 2000), (COVERED, 3000)):
        gateway.see(Look("cam-1", state, at_ms))


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_back_off_is_never_longer_than_a_minute(failures: int, chance: float) -> None:
    assert 0 <= backoff_s(failures, chance) <= 60


@given(st.floats(0, 1))
def test_the_rhythm_drifts_by_a_tenth_at_most(chance: float) -> None:
    assert 9 <= jittered_s(10, chance) <= 11


async def test_a_message_that_nobody_hears_is_not_delivered(broker: Broker) -> None:
    async with link.opened(account(broker)) as opened:
        assert not await opened.publish(HEARTBEATS, b"[]")


async def test_a_message_on_a_foreign_topic_is_not_delivered(broker: Broker) -> None:
    async with link.opened(account(broker)) as opened:
        assert not await opened.publish(topics.of("other", CODE, topics.Leaf.HEARTBEATS), b"[]")


async def test_a_wrong_password_is_told_as_a_link_error(broker: Broker) -> None:
    wrong = Account(broker.host, broker.port, topics.username(FACILITY, CODE), "wrong")
    with pytest.raises(LinkError):
        async with link.opened(wrong):
            pass


async def test_a_device_may_hear_what_is_for_it_and_nothing_else(broker: Broker) -> None:
    other = topics.of(FACILITY, "other", topics.Leaf.ACK)
    async with link.opened(account(broker)) as opened:
        assert await opened.subscribe([ACK, topics.NONCE, other]) == [other]


async def test_the_watch_is_told_after_the_broker_came_back(
    broker: Broker, gateway: Gateway
) -> None:
    gateway.see(Look("cam-1", OK, 1000))
    gateway.see(Look("cam-1", OK, 2000))
    async with telling(gateway, account(broker)):
        async with ingest(broker) as before:
            await before.until("cam-1", OK)
        broker.kill()
        broker.start()
        async with ingest(broker) as after:
            assert (await after.until("cam-1", OK)).since == 1000


async def test_what_ended_is_told_until_it_is_acknowledged(
    broker: Broker, gateway: Gateway
) -> None:
    end_a_watch(gateway)
    async with ingest(broker) as server, telling(gateway, account(broker)):
        server.committing = False
        await server.until("cam-1", OK)
        await server.until("cam-1", COVERED)
        assert len(gateway._backlog.watches) == 1
        server.committing = True
        while gateway._backlog.watches:
            await server.next()
    assert gateway.is_linked


async def test_the_broker_may_lose_what_it_said_it_had(broker: Broker, gateway: Gateway) -> None:
    """It is killed with a message it acknowledged, and nobody else had taken."""
    end_a_watch(gateway)
    async with telling(gateway, account(broker)):
        async with ingest(broker) as before:
            before.committing = False
            await before.until("cam-1", OK)
        broker.kill()
        (broker.folder / "mosquitto.db").unlink(missing_ok=True)
        broker.start()
        async with ingest(broker) as after:
            assert (await after.until("cam-1", OK)).at == 2000
            while gateway._backlog.watches:
                await after.next()


async def test_signed_entries_carry_the_latest_nonce(broker: Broker, tmp_path: Path) -> None:
    keys = {"cam-1": SigningKey.new()}
    gateway = Gateway(FACILITY, CODE, Journal(tmp_path / "journal.json"), keys=keys)
    gateway.see(Look("cam-1", OK, 1000))
    gateway.see(Look("cam-1", OK, 2000))
    async with ingest(broker) as server, telling(gateway, account(broker)):
        for word in ("first", "second"):
            payload = nonce.encode(Nonce(word, issued_at=0))
            await server.client.publish(topics.NONCE, payload, qos=1, retain=True)
            while (await server.until("cam-1", OK)).nonce != word:
                pass
        await server.client.publish(topics.NONCE, b"", qos=1, retain=True)


async def test_a_backlog_on_a_slow_link_does_not_delay_the_present(
    broker: Broker, gateway: Gateway
) -> None:
    for number in range(400):
        gateway.see(Look("cam-1", COVERED if number % 2 else OK, number * 2000))
        gateway.see(Look("cam-1", COVERED if number % 2 else OK, number * 2000 + 1000))
    now_s = asyncio.get_running_loop().time
    told_s = [now_s()]
    async with TcpProxy(broker.port) as proxy, ingest(broker) as server:
        proxy.conditions.bytes_per_s = 16_000
        proxy.conditions.latency_s = 0.05
        async with telling(gateway, account(broker, proxy.port)):
            while gateway._backlog.watches:
                beats = await server.next()
                if beats[-1].at == 799_000:
                    told_s.append(now_s())
    pauses = [later - earlier for earlier, later in pairwise(told_s)]
    assert len(told_s) > 3
    assert max(pauses) < 2.0
