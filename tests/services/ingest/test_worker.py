import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiomqtt
import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.settings import Settings
from services.ingest.worker import Worker
from shared.contracts import topics
from shared.contracts.topics import Leaf
from shared.db.session import create_engine
from shared.runtime import clock
from tests.conftest import Database
from tests.support.broker import Broker, running_broker
from tests.support.registry import register
from tests.support.tcp_proxy import Conditions, TcpProxy, Way
from tests.support.waiting import eventually

FACILITY = "HOA-SEN"
PASSWORD = "device-password"
DEVICES = [(FACILITY, code, PASSWORD) for code in ("CAM-1", "CAM-2", "GW")]
TOPIC = topics.of(FACILITY, "CAM-1", Leaf.HEARTBEAT)


@pytest.fixture
def broker() -> Iterator[Broker]:
    with running_broker(DEVICES) as one:
        yield one


def settings_for(database: Database, broker: Broker) -> Settings:
    return Settings(
        database_url=database.url_of_service("ingest"),
        mqtt_port=broker.port,
        mqtt_password=broker.ingest_password,
        slot=0,
        flush_every_s=0.05,
    )


@asynccontextmanager
async def a_worker(
    database: Database,
    broker: Broker,
    *,
    settings: Settings | None = None,
    answer_within_s: float = 35,
) -> AsyncIterator[Worker]:
    settings = settings or settings_for(database, broker)
    engine = create_engine(
        settings.database_url,
        application="ingest",
        pool_size=2,
        answer_within_s=answer_within_s,
    )
    worker = Worker(settings, engine, boot="test", now=clock.now, now_us=clock.now_us)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))

    async def is_connected() -> bool:
        if running.done():
            await running
        return worker.is_connected

    await eventually(is_connected)
    try:
        yield worker
    finally:
        stop.set()
        await running
        await engine.dispose()


async def publish(broker: Broker, topic: str, payload: bytes, *, code: str = "CAM-1") -> None:
    async with aiomqtt.Client(
        broker.host,
        broker.port,
        username=topics.username(FACILITY, code),
        password=PASSWORD,
        protocol=aiomqtt.ProtocolVersion.V5,
    ) as client:
        await client.publish(topic, payload, qos=1)


def beat(*, ago_s: float = 0, length_s: float = 30, more: str = "") -> bytes:
    at_ms = clock.now_us() // 1000 - int(ago_s * 1000)
    return f'{{"at":{at_ms},"since":{at_ms - int(length_s * 1000)}{more}}}'.encode()


def seconds_covered(engine: AsyncEngine, device_id: int) -> Callable[[], Awaitable[float]]:
    async def ask() -> float:
        async with engine.connect() as connection:
            total = await connection.scalar(
                text(
                    "SELECT sum(extract(epoch FROM upper(r) - lower(r))) FROM device_day, "
                    "unnest(watched + late) r WHERE device_id = :id"
                ),
                {"id": device_id},
            )
        return float(total or 0)

    return ask


async def test_a_heartbeat_becomes_coverage(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    ids = await register(engine, "CAM-1")
    async with a_worker(database, broker):
        await publish(broker, TOPIC, beat(length_s=30))
        assert await eventually(seconds_covered(engine, ids.devices[0])) == 30


async def test_a_message_of_a_gateway_attests_for_its_devices(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    ids = await register(engine, "CAM-1", "CAM-2", "GW")
    entries = b"[%s,%s]" % (
        beat(length_s=20, more=',"device":"CAM-1"'),
        beat(length_s=10, more=',"device":"CAM-2","state":"dark"'),
    )
    async with a_worker(database, broker):
        topic = topics.of(FACILITY, "GW", Leaf.HEARTBEATS)
        await publish(broker, topic, entries, code="GW")
        assert await eventually(seconds_covered(engine, ids.devices[0])) == 20
        async with engine.connect() as connection:
            fault = await connection.scalar(text("SELECT fault FROM device_fault"))
            latest = await connection.scalar(
                text("SELECT state FROM device_latest WHERE device_id = :id"),
                {"id": ids.devices[1]},
            )
        assert (fault, latest) == ("dark", "dark")


async def test_a_device_registered_while_ingest_runs_is_credited_from_its_first_heartbeat(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    async with a_worker(database, broker):
        ids = await register(engine, "CAM-1")
        await publish(broker, TOPIC, beat(length_s=30))
        assert await eventually(seconds_covered(engine, ids.devices[0])) == 30


async def test_what_cannot_be_used_is_counted_in_quarantine_and_blocks_nothing(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    ids = await register(engine, "CAM-1")
    hour = timedelta(hours=1).total_seconds()
    async with a_worker(database, broker):
        for payload in (b"\x00\xff", b"{}", b" " * 5000, beat(ago_s=-hour)):
            await publish(broker, TOPIC, payload)
        await publish(broker, topics.ROOT + f"/{FACILITY}/CAM-1/hearbeat", beat())
        await publish(broker, TOPIC, beat(length_s=10))
        assert await eventually(seconds_covered(engine, ids.devices[0])) == 10
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT reason, count FROM quarantine"))
        counts = {row[0]: row[1] for row in rows}
    assert counts == {"unreadable": 2, "oversized": 1, "future": 1, "wrong_topic": 1}


async def test_the_watermark_moves_with_the_canary(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    before = clock.now()

    async def is_past() -> bool:
        async with engine.connect() as connection:
            seen = await connection.scalar(text("SELECT seen_until FROM ingest_worker"))
        return seen is not None and seen > before + timedelta(seconds=1)

    async with a_worker(database, broker):
        assert await eventually(is_past)


async def test_no_heartbeat_is_lost_when_the_database_drops_every_connection(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    ids = await register(engine, "CAM-1")
    async with a_worker(database, broker):
        for number in range(20):
            async with engine.connect() as connection:
                await connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE application_name = 'giamsat-ingest' AND datname = :name"
                    ),
                    {"name": database.name},
                )
            await publish(broker, TOPIC, beat(ago_s=100 - 2 * number, length_s=1))
        covered = seconds_covered(engine, ids.devices[0])

        async def is_whole() -> bool:
            return await covered() == 20

        assert await eventually(is_whole)


async def test_heartbeats_sent_while_ingest_is_down_are_credited_when_it_returns(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    ids = await register(engine, "CAM-1")
    async with a_worker(database, broker):
        pass
    await publish(broker, TOPIC, beat(ago_s=60, length_s=25))
    async with a_worker(database, broker):
        assert await eventually(seconds_covered(engine, ids.devices[0])) == 25


async def test_what_was_received_but_not_committed_when_ingest_dies_comes_again(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    ids = await register(engine, "CAM-1")

    async def is_waiting_for_the_lock() -> bool:
        async with engine.connect() as connection:
            waiting = await connection.scalar(
                text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            )
        return bool(waiting)

    settings = settings_for(database, broker)
    doomed = create_engine(settings.database_url, application="ingest", pool_size=2)
    worker = Worker(settings, doomed, boot="doomed", now=clock.now, now_us=clock.now_us)
    dying = asyncio.create_task(worker.run(asyncio.Event()))

    async def is_connected() -> bool:
        return worker.is_connected

    await eventually(is_connected)
    async with engine.connect() as connection:
        await connection.execute(text("LOCK TABLE device_day IN ACCESS EXCLUSIVE MODE"))
        await publish(broker, TOPIC, beat(length_s=30))
        await eventually(is_waiting_for_the_lock)
        dying.cancel()
        await asyncio.wait([dying])
        await doomed.dispose()
        await connection.rollback()
    assert await seconds_covered(engine, ids.devices[0])() == 0
    async with a_worker(database, broker):
        assert await eventually(seconds_covered(engine, ids.devices[0])) == 30


async def test_a_restarted_broker_is_found_again(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    ids = await register(engine, "CAM-1")
    async with a_worker(database, broker) as worker:
        broker.kill()

        async def is_away() -> bool:
            return not worker.is_connected

        await eventually(is_away)
        broker.start()

        async def is_back() -> bool:
            return worker.is_connected

        await eventually(is_back)
        await publish(broker, TOPIC, beat(length_s=15))
        assert await eventually(seconds_covered(engine, ids.devices[0])) == 15

        async def is_known_to_have_been_blind() -> bool:
            async with engine.connect() as connection:
                spans = await connection.scalar(text("SELECT count(*) FROM blind_span"))
            return bool(spans)

        # It was killed before it had saved our session: what was sent meanwhile is lost.
        assert await eventually(is_known_to_have_been_blind)


async def test_no_message_stands_in_the_way_of_others(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    """Neither codes nor topics that the database could not hold, from a device that may send."""
    ids = await register(engine, "CAM-1", "GW")
    topic = topics.of(FACILITY, "GW", Leaf.HEARTBEATS)
    stranger = '{"device":"%s","at":' + str(clock.now_us() // 1000) + "}"
    async with a_worker(database, broker):
        for code in ("a\\u0000b", "\\ud800", "x" * 3000, ""):
            await publish(broker, topic, f"[{stranger % code}]".encode(), code="GW")
        await publish(broker, f"{topics.ROOT}/{FACILITY}/CAM-1/{'é' * 6000}", b"x")
        await publish(broker, TOPIC, beat(length_s=10))
        assert await eventually(seconds_covered(engine, ids.devices[0])) == 10
    async with engine.connect() as connection:
        kept = await connection.scalar(text("SELECT sum(count) FROM quarantine"))
        longest = await connection.scalar(text("SELECT max(length(topic)) FROM quarantine"))
    assert kept == 5
    assert longest < 1000


async def test_words_that_the_database_refuses_are_left_out_of_a_flush(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    ids = await register(engine, "CAM-1")
    async with engine.begin() as connection:
        # Stands for whatever nobody thought of: every entry of the quarantine is refused.
        await connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION 'no' USING ERRCODE = '22021'; END $$"
            )
        )
        await connection.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON quarantine "
                "FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        )
    async with a_worker(database, broker):
        await publish(broker, TOPIC, b"garbage")
        await publish(broker, TOPIC, beat(length_s=10))
        assert await eventually(seconds_covered(engine, ids.devices[0])) == 10


async def test_a_fault_where_all_had_seemed_well_is_a_correction(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    ids = await register(engine, "CAM-1")

    async def corrected() -> bool:
        async with engine.connect() as connection:
            found = await connection.scalar(
                text("SELECT count(*) FROM device_day WHERE corrected_at IS NOT NULL")
            )
        return bool(found)

    async with a_worker(database, broker):
        await publish(broker, TOPIC, beat(length_s=30))
        await eventually(seconds_covered(engine, ids.devices[0]))
        assert not await corrected()
        await publish(broker, TOPIC, beat(ago_s=10, length_s=5, more=',"state":"dark"'))
        assert await eventually(corrected)


async def test_a_worker_that_fell_silent_in_a_statement_holds_up_nobody_for_long(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    ids = await register(engine, "CAM-1")
    silent = await asyncpg.connect(
        database.url_of_service("ingest"), server_settings={"application_name": "giamsat-ingest"}
    )
    await silent.execute("BEGIN; LOCK TABLE device_day IN EXCLUSIVE MODE")
    await silent.prepare("SELECT 1")  # and the server hears nothing more
    settings = settings_for(database, broker).model_copy(update={"dead_after_s": 1.0})
    async with a_worker(database, broker, settings=settings, answer_within_s=1):
        await publish(broker, TOPIC, beat(length_s=30))
        assert await eventually(seconds_covered(engine, ids.devices[0])) == 30
    silent.terminate()


async def test_a_broker_that_speaks_and_does_not_hear_is_left_for_a_new_connection(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    await register(engine, "CAM-1")

    async def speak() -> None:
        while True:
            await publish(broker, TOPIC, beat())

    async with TcpProxy(broker.port) as line:
        settings = settings_for(database, broker).model_copy(
            update={"mqtt_port": line.port, "most_unanswered": 2}
        )
        async with a_worker(database, broker, settings=settings):
            speaking = asyncio.create_task(speak())
            try:
                line.conditions = Conditions(swallows=frozenset({Way.UP}))
                await eventually(lag(engine, is_ok=lambda lag_s: lag_s > 1.8))
                line.restore()
                # The broker itself would notice after half a minute.
                await eventually(lag(engine, is_ok=lambda lag_s: lag_s < 1.5))
            finally:
                speaking.cancel()


def lag(engine: AsyncEngine, *, is_ok: Callable[[float], bool]) -> Callable[[], Awaitable[bool]]:
    """Whether the watermark is so far behind: it stands still while no canary comes back."""

    async def ask() -> bool:
        async with engine.connect() as connection:
            seen = (await connection.execute(text("SELECT seen_until FROM ingest_worker"))).scalar()
        return seen is not None and is_ok((clock.now() - seen).total_seconds())

    return ask
