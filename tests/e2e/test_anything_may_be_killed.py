"""Killing any one process at any moment loses no acknowledged heartbeat and no mail."""

import asyncio
import os
import random
import signal
import time

import aiomqtt
import pytest

from tests.e2e import device
from tests.e2e.rooms import Room
from tests.support.system import System
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(170)]

SEED = 20261122


async def kill(system: System, name: str) -> float:
    """SIGKILL; how long until it runs again, in seconds."""
    before = system.pid(name)
    os.kill(before, signal.SIGKILL)
    started = time.monotonic()

    async def is_back() -> bool:
        return system.run["processes"].get(name) not in {None, before}

    await eventually(is_back, within_s=5)
    return time.monotonic() - started


class Publisher:
    """A device that keeps what was acknowledged: each claim is a quarter of a second, alone."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.acknowledged: list[int] = []

    async def run(self, stop: asyncio.Event) -> None:
        mqtt = self.room.mqtt
        while not stop.is_set():
            try:
                async with aiomqtt.Client(
                    mqtt["host"],
                    mqtt["port"],
                    username=mqtt["username"],
                    password=mqtt["password"],
                    protocol=aiomqtt.ProtocolVersion.V5,
                    timeout=3,
                ) as client:
                    while not stop.is_set():
                        await self._beat(client)
            except aiomqtt.MqttError:
                await asyncio.sleep(0.1)

    async def _beat(self, client: aiomqtt.Client) -> None:
        """[at - 1 ms, at): single milliseconds, so that no claim hides the loss of another."""
        at = device.now_ms()
        payload = f'{{"at":{at},"since":{at - 1}}}'
        await client.publish(mqtt_topic(self.room), payload, qos=1)
        self.acknowledged.append(at)
        await asyncio.sleep(0.003)


def mqtt_topic(room: Room) -> str:
    topic: str = room.mqtt["heartbeat_topic"]
    return topic


async def missing(system: System, publisher: Publisher) -> list[int]:
    """Acknowledged milliseconds that no coverage holds."""
    rows = await system.sql(
        "SELECT (1000 * extract(epoch FROM lower(r)))::bigint AS a, "
        "(1000 * extract(epoch FROM upper(r)))::bigint AS b "
        "FROM device_day JOIN device ON device.id = device_id, unnest(watched + late) r "
        "WHERE device.code = $1",
        publisher.room.device,
    )
    held = {ms for row in rows for ms in range(row["a"], row["b"])}
    return [at for at in publisher.acknowledged if at - 1 not in held]


@pytest.mark.parametrize(("name", "times"), [("ingest", 5), ("postgres", 2)])
async def test_no_acknowledged_heartbeat_is_lost(
    system: System, room: Room, name: str, times: int
) -> None:
    publisher = Publisher(room)
    stop = asyncio.Event()
    publishing = asyncio.create_task(publisher.run(stop))
    moments = random.Random(SEED)  # noqa: S311 - a seed to repeat a run with
    for _ in range(times):
        await asyncio.sleep(moments.uniform(0.3, 1.0))
        assert await kill(system, name) < 5
        await asyncio.sleep(moments.uniform(1.0, 2.0))
    stop.set()
    await publishing
    assert len(publisher.acknowledged) > 100

    async def is_whole() -> bool:
        return not await missing(system, publisher)

    assert await eventually(is_whole, within_s=15)


async def test_whatever_is_killed_is_back_and_tells_of_the_gap(system: System, room: Room) -> None:
    for name in ("mosquitto", "alerts", "api", "mail"):
        assert await kill(system, name) < 5
    operator = system.run["users"]["FACILITY_MANAGER"]["email"]
    assert await system.mail(to=operator, about=f"Phòng {room.zone[2:]}", within_s=40)

    async def is_accepted() -> bool:
        device.publish(room.mqtt, {"at": device.now_ms()})
        return "covered" in await room.states()

    assert await eventually(is_accepted, within_s=30)
