import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiomqtt
import pytest

from services.api.broker_access import BrokerAccess, BrokerRefusedError, BrokerUnavailableError
from shared.contracts import topics
from tests.support.broker import Broker

RIGHTS = topics.device_rights("F1", "cam")


@asynccontextmanager
async def running(broker: Broker, *, timeout_s: float = 5) -> AsyncIterator[BrokerAccess]:
    access = BrokerAccess(
        host=broker.host,
        port=broker.port,
        username="giamsat-registry",
        password=broker.registry_password,
        timeout_s=timeout_s,
    )
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(access.run(stop))
        yield access
        stop.set()


async def is_admitted(broker: Broker, password: str) -> bool:
    client = aiomqtt.Client(
        broker.host, broker.port, username="F1/cam", password=password, timeout=5
    )
    try:
        async with client:
            return True
    except aiomqtt.MqttError:
        return False


async def test_admitting_again_sets_right_whatever_the_broker_knew(api_broker: Broker) -> None:
    async with running(api_broker) as access:
        for password in ("first", "second", "second"):
            await access.admit("F1/cam", password, RIGHTS)
        assert await is_admitted(api_broker, "second")
        assert not await is_admitted(api_broker, "first")
        for _ in range(2):
            await access.revoke(["F1/cam", "F1/never-there"])
        assert not await is_admitted(api_broker, "second")


async def test_many_questions_at_once_are_each_answered(api_broker: Broker) -> None:
    async with running(api_broker) as access:
        names = [f"F1/many-{number}" for number in range(30)]
        await asyncio.gather(*(access.admit(name, "password", RIGHTS) for name in names))
        await access.revoke(names)


async def test_refusal_is_told_as_one(api_broker: Broker) -> None:
    too_long = "x" * 70_000
    async with running(api_broker) as access:
        with pytest.raises(BrokerRefusedError):
            await access.admit(too_long, "password", RIGHTS)


async def insist(access: BrokerAccess, password: str) -> None:
    """As a client does that is told to try again."""
    for _ in range(20):
        with contextlib.suppress(BrokerUnavailableError):
            return await access.admit("F1/cam", password, RIGHTS)
    raise AssertionError("the broker was not reached again")


async def test_broker_that_comes_back_is_spoken_to_again(broker: Broker) -> None:
    async with running(broker) as access:
        await access.admit("F1/cam", "password", RIGHTS)
        broker.stop()
        await asyncio.to_thread(broker.start)
        await insist(access, "new")
        assert await is_admitted(broker, "new")


async def test_broker_that_is_away_is_told_in_time(broker: Broker) -> None:
    broker.stop()
    async with running(broker, timeout_s=0.2) as access:
        assert not access.is_connected
        with pytest.raises(BrokerUnavailableError):
            await access.admit("F1/cam", "password", RIGHTS)
