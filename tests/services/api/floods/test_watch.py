"""Who floods is refused by the real broker, by what the quarantine says."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiomqtt
import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.broker_access import BrokerAccess, BrokerUnavailableError
from services.api.floods.watch import Watch
from services.api.resources import Resources
from shared.db.session import unit_of_work
from shared.domain.floods import RULES
from tests.services.api.conftest import Clock
from tests.support.broker import Broker
from tests.support.people import SUNFLOWER, Province
from tests.support.waiting import eventually

DEVICES = f"/facilities/{SUNFLOWER}/devices"
ENOUGH = RULES.most_refused + 1


class House:
    """A gateway of a facility, the api, and a watch over floods."""

    def __init__(self, api: httpx.AsyncClient, province: Province, engine: AsyncEngine) -> None:
        self.api = api
        self.who = province.manager
        self.engine = engine
        self.mqtt: dict[str, Any] = {}

    async def registered(self) -> None:
        made = await self.api.post(
            DEVICES, json={"code": "gw", "kind": "gateway"}, headers=self.who
        )
        self.mqtt = made.json()["mqtt"]

    async def refuse(self, count: int, clock: Clock, *, leaf: str = "heartbeats") -> None:
        """As ingest counts what it did not credit."""
        async with unit_of_work(self.engine) as connection:
            await connection.execute(
                text(
                    "INSERT INTO quarantine AS kept (reason, topic, facility_code, device_code, "
                    "sample, count, first_at, last_at) VALUES ('throttled', :topic, :facility, "
                    "'gw', '', :count, :now, :now) ON CONFLICT (topic, reason) DO UPDATE SET "
                    "count = kept.count + excluded.count, last_at = excluded.last_at"
                ),
                {
                    "topic": f"giamsat/v1/{SUNFLOWER}/gw/{leaf}",
                    "facility": SUNFLOWER,
                    "count": count,
                    "now": clock(),
                },
            )

    async def suspended_until(self) -> str | None:
        device = (await self.api.get(f"{DEVICES}/gw", headers=self.who)).json()
        until: str | None = device["suspended_until"]
        return until

    async def is_admitted(self, password: str = "") -> bool:
        try:
            async with connected(self.mqtt, password):
                return True
        except aiomqtt.MqttError:
            return False


def times_suspended() -> float:
    return REGISTRY.get_sample_value("giamsat_api_devices_suspended_total") or 0


def connected(mqtt: dict[str, Any], password: str = "") -> aiomqtt.Client:
    return aiomqtt.Client(
        mqtt["host"],
        mqtt["port"],
        username=mqtt["username"],
        password=password or mqtt["password"],
        timeout=5,
    )


@pytest.fixture
async def house(api: httpx.AsyncClient, province: Province, engine: AsyncEngine) -> House:
    house = House(api, province, engine)
    await house.registered()
    return house


@pytest.fixture
def watch(resources: Resources, clock: Clock) -> Watch:
    return Watch(resources.engine, resources.broker, now=clock)


async def test_who_floods_is_disconnected_and_refused_until_it_is_time(
    house: House, watch: Watch, clock: Clock
) -> None:
    counted = times_suspended()
    async with connected(house.mqtt) as live:
        await house.refuse(ENOUGH, clock)
        await watch.look()
        with pytest.raises(aiomqtt.MqttError):
            async with asyncio.timeout(5):
                await anext(aiter(live.messages))
    assert not await house.is_admitted()
    assert await house.suspended_until() == "2026-07-01T08:01:00Z"
    clock.advance(seconds=59)
    await watch.look()
    assert not await house.is_admitted()
    clock.advance(seconds=1)
    await watch.look()
    assert await house.is_admitted()
    assert await house.suspended_until() is None
    assert times_suspended() - counted == 1


async def test_who_is_refused_now_and_then_is_left_alone(
    house: House, watch: Watch, clock: Clock
) -> None:
    for _ in range(10):
        await house.refuse(90, clock)
        await watch.look()
        clock.advance(seconds=2)
    assert await house.is_admitted()
    assert await house.suspended_until() is None


async def test_what_was_refused_before_we_began_to_look_suspends_nobody(
    house: House, clock: Clock, resources: Resources
) -> None:
    await house.refuse(90_000, clock)
    clock.advance(seconds=1)
    late = Watch(resources.engine, resources.broker, now=clock)
    for _ in range(2):
        await late.look()
    assert await house.suspended_until() is None
    await house.refuse(ENOUGH, clock)
    await late.look()
    assert await house.suspended_until() is not None


async def test_a_flood_over_many_topics_is_one_flood(
    house: House, watch: Watch, clock: Clock
) -> None:
    for leaf in ("heartbeats", "x", "y", "(others)"):
        await house.refuse(ENOUGH // 4 + 1, clock, leaf=leaf)
    await watch.look()
    assert await house.suspended_until() is not None


async def test_a_gateway_whose_entries_are_too_many_in_few_messages_is_no_flood(
    house: House, watch: Watch, clock: Clock
) -> None:
    await house.refuse(90_000, clock, leaf="heartbeats#entries")
    await watch.look()
    assert await house.suspended_until() is None
    assert await house.is_admitted()


async def test_who_floods_again_stays_out_for_longer_and_a_queue_left_behind_is_not_held_against_it(
    house: House, watch: Watch, clock: Clock
) -> None:
    await house.refuse(ENOUGH, clock)
    await watch.look()
    clock.advance(seconds=60)
    await house.refuse(ENOUGH, clock)
    await watch.look()
    assert await house.suspended_until() == "2026-07-01T08:02:00Z"
    clock.advance(seconds=60)
    await watch.look()
    assert await house.suspended_until() is None
    await house.refuse(ENOUGH, clock)
    await watch.look()
    assert await house.suspended_until() == "2026-07-01T08:04:00Z"


async def test_two_of_us_suspend_once_and_let_in_once(
    house: House, watch: Watch, clock: Clock, resources: Resources
) -> None:
    second = Watch(resources.engine, resources.broker, now=clock)
    await house.refuse(ENOUGH, clock)
    await asyncio.gather(watch.look(), second.look())
    async with house.engine.connect() as connection:
        assert await connection.scalar(text("SELECT times FROM device_suspension")) == 1
    clock.advance(seconds=60)
    await asyncio.gather(watch.look(), second.look())
    assert await house.is_admitted()


async def test_new_credentials_lift_a_suspension(house: House, watch: Watch, clock: Clock) -> None:
    await house.refuse(ENOUGH, clock)
    await watch.look()
    clock.advance(seconds=20)
    renewed = await house.api.post(f"{DEVICES}/gw/credentials", headers=house.who)
    new = renewed.json()["mqtt"]
    assert await house.suspended_until() is None
    await watch.look()
    async with connected(new), connected(house.mqtt):
        pass  # The old one holds beside it, as ever.


async def test_a_retired_device_is_not_let_in_again(
    house: House, watch: Watch, clock: Clock
) -> None:
    await house.refuse(ENOUGH, clock)
    await watch.look()
    await house.api.delete(f"{DEVICES}/gw", headers=house.who)
    clock.advance(seconds=120)
    await watch.look()
    assert not await house.is_admitted()
    assert await house.suspended_until() is None


@pytest.fixture
async def own(broker: Broker) -> AsyncIterator[BrokerAccess]:
    """Access to a broker of the test's own."""
    access = BrokerAccess(
        host=broker.host,
        port=broker.port,
        username="giamsat-registry",
        password=broker.registry_password,
        timeout_s=1,
    )
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(access.run(stop))
        yield access
        stop.set()


async def test_a_broker_that_has_forgotten_is_told_again_who_is_out(
    house: House, broker: Broker, own: BrokerAccess, clock: Clock
) -> None:
    """As after `giamsat up`, which makes the access file anew."""
    house.mqtt |= {"port": broker.port, "password": "password"}
    broker.stop()
    broker.admit((SUNFLOWER, "gw", "password"))
    broker.start()
    watch = Watch(house.engine, own, now=clock)

    async def look() -> bool:
        with contextlib.suppress(BrokerUnavailableError):
            await watch.look()
            return own.is_connected
        return False

    await eventually(look)
    await house.refuse(ENOUGH, clock)
    await eventually(look)
    assert not await house.is_admitted()
    broker.stop()
    broker.admit((SUNFLOWER, "gw", "password"))
    broker.start()

    async def is_refused() -> bool:
        await look()
        return not await house.is_admitted()

    await eventually(is_refused)
    clock.advance(seconds=60)
    await eventually(look)
    assert await house.is_admitted()


async def test_without_the_broker_nothing_is_done_and_nothing_hangs(
    house: House, broker: Broker, own: BrokerAccess, clock: Clock
) -> None:
    broker.stop()
    await eventually(lambda: asyncio.sleep(0, not own.is_connected))
    watch = Watch(house.engine, own, now=clock)
    await house.refuse(ENOUGH, clock)
    async with asyncio.timeout(1):
        await watch.look()
    assert await house.suspended_until() is None
