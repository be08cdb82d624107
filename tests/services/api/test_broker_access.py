import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiomqtt
import pytest

from services.api.broker_access import BrokerAccess, BrokerRefusedError, BrokerUnavailableError
from shared.contracts import topics
from tests.support.broker import Broker
from tests.support.waiting import eventually

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


async def test_suspending_ends_a_flood_and_refuses_its_client_until_it_is_resumed(
    api_broker: Broker,
) -> None:
    async with running(api_broker) as access:
        await access.admit("F1/cam", "password", RIGHTS)
        has_begun = asyncio.Event()
        flooding = asyncio.create_task(flood(api_broker, has_begun))
        await has_begun.wait()
        for _ in range(2):
            await access.suspend(["F1/cam", "F1/never-there"])
        async with asyncio.timeout(20):  # how soon is measured elsewhere, on a quiet machine
            await flooding
        assert not await is_admitted(api_broker, "password")
        for _ in range(2):
            await access.resume(["F1/cam", "F1/never-there"])
        assert await is_admitted(api_broker, "password")


async def flood(broker: Broker, has_begun: asyncio.Event) -> None:
    """Publish until the broker ends the session."""
    client = aiomqtt.Client(broker.host, broker.port, username="F1/cam", password="password")
    with contextlib.suppress(aiomqtt.MqttError):
        async with client:
            while True:
                await client.publish("giamsat/v1/F1/cam/heartbeat", b"{}", qos=1)
                has_begun.set()


async def test_resuming_does_not_let_in_whom_the_broker_was_told_to_forget(
    api_broker: Broker,
) -> None:
    async with running(api_broker) as access:
        await access.admit("F1/cam", "password", RIGHTS)
        await access.suspend(["F1/cam"])
        await access.revoke(["F1/cam"])
        await access.resume(["F1/cam"])
        assert not await is_admitted(api_broker, "password")


async def test_new_credentials_end_a_suspension(api_broker: Broker) -> None:
    async with running(api_broker) as access:
        await access.admit("F1/cam", "first", RIGHTS)
        await access.suspend(["F1/cam"])
        await access.admit("F1/cam", "second", RIGHTS)
        assert await is_admitted(api_broker, "second")
        await access.revoke(["F1/cam"])


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


async def test_what_the_broker_throws_away_is_known(broker: Broker) -> None:
    broker.stop()
    file = broker.folder / "mosquitto.conf"
    few = file.read_text().replace("max_queued_messages 2000000", "max_queued_messages 10")
    file.write_text(few + "sys_interval 1\n")
    broker.admit(("F1", "cam", "password"))
    broker.start()
    await leave_a_session(broker)
    async with running(broker) as access, device(broker) as camera:
        for _ in range(13):
            await camera.publish("giamsat/v1/F1/cam/heartbeat", b"{}", qos=1)

        async def is_told() -> bool:
            return access.dropped == 3

        await eventually(is_told)


async def leave_a_session(broker: Broker) -> None:
    """Of ingest, for which the broker keeps what comes."""
    async with aiomqtt.Client(
        broker.host,
        broker.port,
        identifier="ingest",
        clean_session=False,
        username="giamsat-ingest",
        password=broker.ingest_password,
    ) as client:
        await client.subscribe(topics.INGEST_FILTERS[0], qos=1)


def device(broker: Broker) -> aiomqtt.Client:
    return aiomqtt.Client(broker.host, broker.port, username="F1/cam", password="password")
