"""The loop that lets credentials begin and end, through restarts of the broker and of the api."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Final

import aiomqtt
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.broker_access import BrokerAccess
from services.api.credentials import issuing
from services.api.credentials.issuing import Holder
from services.api.credentials.keeping import keeper
from services.api.credentials.keeping.keeper import Keeper
from services.api.credentials.schemas import MqttOut
from services.api.resources import Resources
from services.cli import broker as brokers
from services.cli.broker import PlatformPasswords
from shared.db.session import unit_of_work
from shared.domain.credentials import Term
from shared.domain.places import DeviceKind
from shared.runtime import loops
from tests.services.api.conftest import Clock
from tests.support.broker import INGEST_PASSWORD, REGISTRY_PASSWORD, Broker
from tests.support.registry import register
from tests.support.waiting import eventually

FACILITY: Final = "HOA-SEN"
PASSWORDS: Final = PlatformPasswords(INGEST_PASSWORD, REGISTRY_PASSWORD)


@asynccontextmanager
async def speaking_to(broker: Broker, resources: Resources) -> AsyncIterator[Resources]:
    """An api's resources with a connection to this broker."""
    access = BrokerAccess(
        host=broker.host,
        port=broker.port,
        username="giamsat-registry",
        password=broker.registry_password,
        timeout_s=2,
    )
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(access.run(stop))
        yield replace(resources, broker=access)
        stop.set()


@pytest.fixture
async def holder(engine: AsyncEngine) -> Holder:
    ids = await register(engine, "CAM-1")
    return Holder(ids.devices[0], FACILITY, "CAM-1", DeviceKind.CAMERA)


async def is_admitted(broker: Broker, mqtt: MqttOut) -> bool:
    client = aiomqtt.Client(
        broker.host, broker.port, username=mqtt.username, password=mqtt.password, timeout=5
    )
    try:
        async with client:
            return True
    except aiomqtt.MqttError:
        return False


async def issued(resources: Resources, engine: AsyncEngine, holder: Holder, term: Term) -> MqttOut:
    async with unit_of_work(engine) as connection:
        made = await issuing.further(resources, connection, holder, term, now=resources.now())
    return made.mqtt


async def test_what_falls_due_while_the_broker_is_away_is_done_when_it_is_back(
    broker: Broker, resources: Resources, engine: AsyncEngine, holder: Holder, clock: Clock
) -> None:
    soon = clock.at + timedelta(hours=1)
    async with speaking_to(broker, resources) as mine:
        old = await issued(mine, engine, holder, Term(clock.at, soon))
        new = await issued(mine, engine, holder, Term(soon))
        keeping = Keeper(mine)
        broker.kill()

        async def is_gone() -> bool:
            return not mine.broker.is_connected

        await eventually(is_gone)
        clock.advance(hours=2)
        await keeping.look()  # It does nothing, and hangs nowhere.
        await asyncio.to_thread(broker.start)

        async def is_back() -> bool:
            await keeping.look()
            return mine.broker.is_connected

        await eventually(is_back)
        await keeping.look()
        assert (await is_admitted(broker, old), await is_admitted(broker, new)) == (False, True)


async def test_broker_that_forgot_what_it_was_told_is_told_again(
    broker: Broker, resources: Resources, engine: AsyncEngine, holder: Holder, clock: Clock
) -> None:
    soon = clock.at + timedelta(hours=1)
    file = broker.folder / "dynamic-security.json"
    async with speaking_to(broker, resources) as mine:
        old = await issued(mine, engine, holder, Term(clock.at, soon))
        new = await issued(mine, engine, holder, Term(soon))
        before = file.read_bytes()
        clock.advance(hours=2)
        await Keeper(mine).look()
        broker.stop()
        file.write_bytes(before)
        await asyncio.to_thread(broker.start)
    async with speaking_to(broker, resources) as mine:
        keeping = Keeper(mine)

        async def is_told() -> bool:
            await keeping.look()
            return mine.broker.is_connected

        await eventually(is_told)
        await keeping.look()
    assert (await is_admitted(broker, old), await is_admitted(broker, new)) == (False, True)


async def test_access_file_made_from_the_registry_says_the_same(
    broker: Broker, resources: Resources, engine: AsyncEngine, holder: Holder, clock: Clock
) -> None:
    """The broker's own start reads the wall clock, so terms lie far on either side of it."""
    async with speaking_to(broker, resources) as mine:
        past = await issued(mine, engine, holder, Term(clock.at, clock.at + timedelta(minutes=1)))
        now = await issued(mine, engine, holder, Term(clock.at))
        later = await issued(mine, engine, holder, Term(clock.at + timedelta(days=36_500)))
    broker.stop()
    place = brokers.Broker(broker.folder, broker.host, broker.port)
    await brokers.write_access_file(place, engine, PASSWORDS)
    await asyncio.to_thread(broker.start)
    admitted = [await is_admitted(broker, one) for one in (past, now, later)]
    assert admitted == [False, True, False]


async def test_a_suspended_device_is_not_let_in_by_a_password_that_begins(
    broker: Broker, resources: Resources, engine: AsyncEngine, holder: Holder, clock: Clock
) -> None:
    async with speaking_to(broker, resources) as mine:
        new = await issued(mine, engine, holder, Term(clock.at + timedelta(hours=1)))
        async with unit_of_work(engine) as connection:
            await connection.execute(
                text(
                    "INSERT INTO device_suspension (device_id, suspended_at, until, times) "
                    "VALUES (:id, :now, :until, 1)"
                ),
                {"id": holder.id, "now": clock.at, "until": clock.at + timedelta(hours=9)},
            )
        clock.advance(hours=2)
        keeping = Keeper(mine)
        await keeping.look()
        assert not await is_admitted(broker, new)
        async with unit_of_work(engine) as connection:
            await connection.execute(
                text("UPDATE device_suspension SET resumed_at = :now"), {"now": clock.at}
            )
        await keeping.look()
        assert await is_admitted(broker, new)


async def test_two_keepers_at_once_end_it_once(
    broker: Broker, resources: Resources, engine: AsyncEngine, holder: Holder, clock: Clock
) -> None:
    async with speaking_to(broker, resources) as mine:
        old = await issued(mine, engine, holder, Term(clock.at, clock.at + timedelta(hours=1)))
        clock.advance(hours=1)
        await asyncio.gather(*(Keeper(mine).look() for _ in range(4)))
    assert not await is_admitted(broker, old)
    async with engine.connect() as connection:
        ended = await connection.scalar(text("SELECT revoked_at FROM device_credential"))
    assert ended == clock.at


async def test_loop_is_never_five_seconds_late(
    broker: Broker, resources: Resources, engine: AsyncEngine, holder: Holder
) -> None:
    """With the true clock: from the moment a password ends until its session is closed."""
    real = asyncio.get_running_loop().time
    begun = real()
    start = resources.now()
    async with speaking_to(broker, resources) as waiting:
        mine = replace(waiting, now=lambda: start + timedelta(seconds=real() - begun))
        mqtt = await issued(mine, engine, holder, Term(start, start + timedelta(seconds=1)))
        stop = asyncio.Event()
        looking = asyncio.create_task(
            loops.every(keeper.EVERY_S, Keeper(mine).look, name="credentials", stop=stop)
        )
        client = aiomqtt.Client(
            broker.host, broker.port, username=mqtt.username, password=mqtt.password
        )
        with pytest.raises(aiomqtt.MqttError):
            async with client, asyncio.timeout(8):
                await anext(aiter(client.messages))
        late_s = real() - begun - 1
        stop.set()
        await looking
    print(f"ended {late_s:.2f} s after its time")
    assert late_s < 5
