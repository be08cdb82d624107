"""Three workers share the work; one is killed, one is frozen past its session and wakes again."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack

import aiomqtt
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.slots import queries
from shared.contracts import topics
from shared.contracts.topics import Leaf
from shared.db.session import unit_of_work
from shared.runtime import clock
from tests.conftest import Database
from tests.support.broker import Broker, running_broker
from tests.support.ports import free_port
from tests.support.processes import Service, running_service
from tests.support.registry import register
from tests.support.waiting import eventually

FACILITY = "HOA-SEN"
PASSWORD = "device-password"
CODES = [f"CAM-{number}" for number in range(12)]
DEAD_AFTER_S = 3


@pytest.fixture
def broker() -> Iterator[Broker]:
    with running_broker([(FACILITY, code, PASSWORD) for code in CODES]) as one:
        yield one


class Workers:
    """Real processes, by slot."""

    def __init__(self, database: Database, broker: Broker, stack: ExitStack) -> None:
        self._database, self._broker, self._stack = database, broker, stack

    def start(self, slot: int) -> Service:
        port = free_port()
        settings = {
            "INGEST_MQTT_PORT": str(self._broker.port),
            "INGEST_HEALTH_PORT": str(port),
            "INGEST_SLOT": str(slot),
            "INGEST_DEAD_AFTER_S": str(DEAD_AFTER_S),
        }
        secrets = {
            "ingest_database_url": self._database.url_of_service("ingest"),
            "ingest_mqtt_password": self._broker.ingest_password,
        }
        return self._stack.enter_context(
            running_service("ingest", health_port=port, settings=settings, secrets=secrets)
        )


@pytest.fixture
def workers(database: Database, broker: Broker) -> Iterator[Workers]:
    with ExitStack() as stack:
        yield Workers(database, broker, stack)


async def tell(broker: Broker, numbers: range) -> None:
    """Each camera tells of one second for each number, ten seconds apart; all are delivered."""
    now_ms = clock.now_us() // 1000
    for code in CODES:
        async with aiomqtt.Client(
            broker.host,
            broker.port,
            username=topics.username(FACILITY, code),
            password=PASSWORD,
            protocol=aiomqtt.ProtocolVersion.V5,
        ) as client:
            for number in numbers:
                at_ms = now_ms - 3_000_000 + number * 10_000
                payload = f'{{"at":{at_ms},"since":{at_ms - 1000}}}'
                await client.publish(topics.of(FACILITY, code, Leaf.HEARTBEAT), payload, qos=1)


def seconds_covered(engine: AsyncEngine) -> Callable[[], Awaitable[float]]:
    async def ask() -> float:
        async with engine.connect() as connection:
            total = await connection.scalar(
                text(
                    "SELECT sum(extract(epoch FROM upper(r) - lower(r))) FROM device_day, "
                    "unnest(watched + late) r"
                )
            )
        return float(total or 0)

    return ask


async def slots(engine: AsyncEngine) -> list[int]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT slot FROM ingest_worker ORDER BY slot"))
    return [row[0] for row in rows]


async def blind_spans(engine: AsyncEngine) -> int:
    """A new session begins with one, for nobody kept anything for it before."""
    async with engine.connect() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM blind_span")) or 0)


async def until_covered(engine: AsyncEngine, seconds: float) -> None:
    ask = seconds_covered(engine)

    async def is_reached() -> bool:
        return await ask() >= seconds

    await eventually(is_reached, within_s=30)
    assert await ask() == seconds


async def test_a_killed_worker_is_replaced_and_a_frozen_one_gives_way(
    engine: AsyncEngine, database: Database, broker: Broker, workers: Workers
) -> None:
    await register(engine, *CODES)
    three = [workers.start(slot) for slot in range(3)]
    assert await slots(engine) == [0, 1, 2]
    await tell(broker, range(10))
    await until_covered(engine, 120)
    shares = [worker.metric("giamsat_ingest_messages_total") for worker in three]
    assert min(shares) > 10, "each has had its share"
    blind_before = await blind_spans(engine)

    os.kill(three[1].process.pid, signal.SIGKILL)
    os.kill(three[2].process.pid, signal.SIGSTOP)
    # A third of these waits in the session of the dead, a third in that of the frozen.
    await tell(broker, range(10, 20))

    async def is_alone() -> bool:
        return await slots(engine) == [0]

    await eventually(is_alone, within_s=40)
    await until_covered(engine, 240)
    assert three[0].metric("giamsat_ingest_slots_taken_over_total") == 2

    os.kill(three[2].process.pid, signal.SIGCONT)
    await asyncio.to_thread(three[2].process.wait, 20)
    assert three[2].process.returncode != 0, "it ends, for its slot is another's"
    await tell(broker, range(20, 30))
    await until_covered(engine, 360)
    assert await blind_spans(engine) == blind_before, "somebody saw all the time"


async def test_a_slot_has_one_winner(engine: AsyncEngine) -> None:
    async with unit_of_work(engine) as connection:
        now = clock.now()
        first = await queries.take_free_slot(connection, boot="a", now=now)
        second = await queries.take_free_slot(connection, boot="b", now=now)
        assert first is not None
        assert second is not None
        assert (first.slot, second.slot) == (0, 1)
        none = await queries.take_dead_slot(
            connection, boot="c", besides=7, dead_after_s=30, now=now
        )
        assert none is None
        taken = await queries.take_dead_slot(
            connection, boot="b", besides=1, dead_after_s=0, now=now
        )
        assert taken is not None
        assert taken.slot == 0
        again = await queries.take_dead_slot(
            connection, boot="b", besides=1, dead_after_s=0, now=now
        )
        assert again is not None, "what could not be handed on is tried again"
        assert again.slot == 0
        assert not await queries.advance(connection, 0, boot="a", seen_until=now)
        assert await queries.advance(connection, 0, boot="b", seen_until=now)
        await queries.retire(connection, 0, boot="a")
        assert await queries.live_slots(connection) == 2
        await queries.retire(connection, 0, boot="b")
        assert await queries.live_slots(connection) == 1
        third = await queries.take_free_slot(connection, boot="d", now=now)
        assert third is not None
        assert third.slot == 0
