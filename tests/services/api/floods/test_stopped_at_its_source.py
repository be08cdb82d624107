"""A real broker, a real ingest and the api's watch: a flood is stopped, and nobody else suffers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.broker_access import BrokerAccess
from services.api.floods.watch import Watch
from shared.contracts import dynsec, topics
from shared.contracts.topics import Leaf
from shared.db.session import create_engine, unit_of_work
from shared.domain.floods import Rules
from shared.runtime import clock, loops
from shared.runtime.mqtt_session import Login, MqttError, MqttSession
from tests.conftest import Database
from tests.support.broker import Broker, running_broker
from tests.support.ports import free_port
from tests.support.processes import running_service
from tests.support.registry import register
from tests.support.waiting import eventually

FACILITY: Final = "HOA-SEN"
PASSWORD: Final = "device-password"
FLOODS, WATCHES = "CAM-1", "CAM-2"
RULES: Final = Rules(window=timedelta(seconds=1), first_pause=timedelta(seconds=4))
#: Unanswered at most, as a device's own buffers would have it.
MOST_UNANSWERED: Final = 2_000


@pytest.fixture
def broker() -> Iterator[Broker]:
    with running_broker([(FACILITY, code, PASSWORD) for code in (FLOODS, WATCHES)]) as one:
        yield one


@pytest.fixture
async def devices(engine: AsyncEngine) -> tuple[int, ...]:
    """On record, with the passwords that the broker knows."""
    ids = (await register(engine, FLOODS, WATCHES)).devices
    secret = dynsec.new_secret(PASSWORD)
    async with unit_of_work(engine) as connection:
        for device_id, code in zip(ids, (FLOODS, WATCHES), strict=True):
            await connection.execute(
                text(
                    "INSERT INTO device_credential (device_id, username, salt, password_hash, "
                    "iterations, created_at) VALUES (:id, :name, :salt, :hash, :n, now())"
                ),
                {
                    "id": device_id,
                    "name": topics.username(FACILITY, code),
                    "salt": secret.salt,
                    "hash": secret.password_hash,
                    "n": secret.iterations,
                },
            )
    return ids


@asynccontextmanager
async def watched(database: Database, broker: Broker) -> AsyncIterator[None]:
    """The api's loop, looking more often than in earnest."""
    engine = create_engine(database.url_of_service("api"), application="api")
    access = BrokerAccess(
        host=broker.host,
        port=broker.port,
        username="giamsat-registry",
        password=broker.registry_password,
    )
    watch = Watch(engine, access, now=clock.now, rules=RULES)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(access.run(stop))
        looking = group.create_task(loops.every(0.2, watch.look, name="floods", stop=stop))
        yield
        stop.set()
        await looking
    await engine.dispose()


@asynccontextmanager
async def ingesting(database: Database, broker: Broker) -> AsyncIterator[None]:
    port = free_port()
    with running_service(
        "ingest",
        health_port=port,
        settings={"INGEST_MQTT_PORT": str(broker.port), "INGEST_HEALTH_PORT": str(port)},
        secrets={
            "ingest_database_url": database.url_of_service("ingest"),
            "ingest_mqtt_password": broker.ingest_password,
        },
    ):
        yield


class Sender:
    """A device that says the same as often as it is asked to."""

    def __init__(self, broker: Broker, code: str) -> None:
        self._login = Login(
            broker.host,
            broker.port,
            client_id=code,
            username=topics.username(FACILITY, code),
            password=PASSWORD,
            expiry_s=0,
        )
        self._topic = topics.of(FACILITY, code, Leaf.HEARTBEAT)
        self._answered = asyncio.Event()
        self._unanswered = 0
        self.session = self._new()

    def _new(self) -> MqttSession:
        self._unanswered = 0
        return MqttSession(lambda *_: None, self._hear)

    def _hear(self, _packet_id: int, _code: int) -> None:
        self._unanswered -= 1
        self._answered.set()

    async def is_admitted(self) -> bool:
        self.session = self._new()
        with suppress(MqttError):
            await self.session.connect(self._login)
            return True
        return False

    async def flood(self) -> None:
        """As fast as the broker answers, until it ends the session."""
        payload = beat()
        while not self.session.lost.is_set():
            with suppress(MqttError):
                for _ in range(MOST_UNANSWERED - self._unanswered):
                    self.session.publish(self._topic, payload)
                    self._unanswered += 1
            self._answered.clear()
            waiting = {
                asyncio.create_task(one.wait()) for one in (self._answered, self.session.lost)
            }
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()

    async def watch(self, stop: asyncio.Event) -> None:
        """A heartbeat each tenth of a second."""
        while not stop.is_set():
            self.session.publish(self._topic, beat())
            await loops.pause(0.1, stop)


def beat() -> bytes:
    at_ms = clock.now_us() // 1000
    return b'{"at":%d,"since":%d}' % (at_ms, at_ms - 1000)


async def is_credited(engine: AsyncEngine, device_id: int, since: datetime, to: datetime) -> bool:
    """Whether it counts as watching, without a hole."""
    async with engine.connect() as connection:
        return bool(
            await connection.scalar(
                text(
                    "SELECT range_agg(span) @> tstzrange(:since, :to) "
                    "FROM device_day, unnest(watched) span WHERE device_id = :id"
                ),
                {"id": device_id, "since": since, "to": to},
            )
        )


async def suspension(engine: AsyncEngine, device_id: int) -> dict[str, datetime]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT * FROM device_suspension WHERE device_id = :id"), {"id": device_id}
        )
        return dict(rows.mappings().one())


@pytest.mark.timeout(60)
async def test_a_flood_is_stopped_at_its_source_and_others_are_credited_meanwhile(
    engine: AsyncEngine, database: Database, broker: Broker, devices: tuple[int, ...]
) -> None:
    flooder, watcher = Sender(broker, FLOODS), Sender(broker, WATCHES)
    stop = asyncio.Event()
    async with ingesting(database, broker), watched(database, broker), asyncio.TaskGroup() as group:
        assert await flooder.is_admitted()
        assert await watcher.is_admitted()
        group.create_task(watcher.watch(stop))
        began_at = clock.now()
        async with asyncio.timeout(20):
            await flooder.flood()
        stopped_at = clock.now()
        assert not await flooder.is_admitted()
        out = await suspension(engine, devices[0])
        await eventually(lambda: is_credited(engine, devices[1], began_at, stopped_at))
        credited_at = clock.now()
        await eventually(flooder.is_admitted)
        back_at = await eventually(lambda: resumed_at(engine, devices[0]))
        stop.set()
    assert began_at < out["suspended_at"] < stopped_at
    assert back_at is not None
    assert back_at >= out["until"]
    assert back_at > credited_at


async def resumed_at(engine: AsyncEngine, device_id: int) -> datetime | None:
    return (await suspension(engine, device_id))["resumed_at"]
