"""What ingest says to devices, learns without a restart, and gives a second look."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aiomqtt
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts import acknowledgement, nonce, signing, topics
from shared.contracts.topics import Leaf
from shared.runtime import clock
from shared.runtime.ed25519 import SigningKey
from tests.conftest import Database
from tests.services.ingest.test_worker import FACILITY, PASSWORD, a_worker, seconds_covered
from tests.support.broker import Broker, running_broker
from tests.support.registry import register
from tests.support.waiting import eventually

TOPIC = topics.of(FACILITY, "CAM-1", Leaf.HEARTBEAT)


@pytest.fixture
def broker() -> Iterator[Broker]:
    with running_broker([(FACILITY, code, PASSWORD) for code in ("CAM-1", "GW")]) as one:
        yield one


@asynccontextmanager
async def a_device(broker: Broker, code: str = "CAM-1") -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client(
        broker.host,
        broker.port,
        username=topics.username(FACILITY, code),
        password=PASSWORD,
        protocol=aiomqtt.ProtocolVersion.V5,
    ) as client:
        yield client


async def heard(client: aiomqtt.Client) -> bytes:
    async with asyncio.timeout(10):
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            return message.payload
    raise AssertionError("the connection ended")


async def scalar(engine: AsyncEngine, statement: str, **values: object) -> object:
    async with engine.connect() as connection:
        return await connection.scalar(text(statement), values)


async def execute(engine: AsyncEngine, statement: str, **values: object) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement), values)


async def test_an_acknowledgement_comes_after_the_commit_and_names_what_is_in_it(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    await register(engine, "CAM-1", "GW")
    now_ms = clock.now_us() // 1000
    beat = {"at": now_ms, "since": now_ms - 10_000, "boot": "b-1", "seq": 7}
    async with a_worker(database, broker), a_device(broker) as device:
        await device.subscribe(topics.of(FACILITY, "CAM-1", Leaf.ACK), qos=1)
        await device.publish(TOPIC, json.dumps(beat), qos=1)
        (ack,) = acknowledgement.decode(await heard(device))
        assert (ack.boot, ack.seq, ack.refused) == ("b-1", ((7, 7),), ())
        covered = await scalar(engine, "SELECT count(*) FROM device_day WHERE watched <> '{}'")
        assert covered == 1, "it is in the database before it is told"


async def test_a_nonce_waits_for_whoever_connects_and_proves_what_is_signed_with_it(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    ids = await register(engine, "CAM-1")
    key = SigningKey.new()
    await execute(
        engine,
        "INSERT INTO device_key (device_id, public_key, created_at) VALUES (:id, :key, now())",
        id=ids.devices[0],
        key=key.public_key,
    )
    async with a_worker(database, broker), a_device(broker) as device:
        await device.subscribe(topics.NONCE, qos=1)
        given = nonce.decode(await heard(device))
        now_ms = clock.now_us() // 1000
        claim = signing.Signed(
            FACILITY, "CAM-1", "b-1", 1, now_ms - 5_000, now_ms, "ok", given.nonce
        )
        beat = {
            "at": now_ms,
            "since": now_ms - 5_000,
            "boot": "b-1",
            "seq": 1,
            "nonce": given.nonce,
            "sig": base64.b64encode(key.sign(signing.canonical(claim))).decode(),
        }
        await device.publish(TOPIC, json.dumps(beat), qos=1)

        async def is_proven() -> object:
            return await scalar(
                engine, "SELECT count(*) FROM device_day WHERE proven <> '{}' AND proven <@ watched"
            )

        assert await eventually(is_proven) == 1
        boot = await scalar(engine, "SELECT boot FROM device_identity")
        assert boot == "b-1"


async def test_a_rule_made_while_ingest_runs_gives_foreign_messages_a_meaning(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    ids = await register(engine, "CAM-1", "GW")
    topic = f"giamsat/v1/{FACILITY}/GW/tasmota/tele/cam/STATE"
    state = '{"Time":"2026-11-22T08:00:00","UptimeSec":611,"Wifi":{"Signal":-78}}'
    async with a_worker(database, broker), a_device(broker, "GW") as gateway:
        await gateway.publish(topic, state, qos=1)

        async def is_refused() -> object:
            return await scalar(engine, "SELECT count(*) FROM quarantine")

        assert await eventually(is_refused) == 1
        await execute(
            engine,
            "INSERT INTO adapter_rule (publisher_id, dialect, prefix, name, device_id, created_at) "
            "VALUES (:gw, 'tasmota', 'tasmota', '*', :cam, now())",
            gw=ids.devices[1],
            cam=ids.devices[0],
        )
        covered = seconds_covered(engine, ids.devices[0])

        async def is_understood() -> bool:
            await gateway.publish(topic, state, qos=1)
            return await covered() >= 36

        assert await eventually(is_understood)
        rssi = await scalar(engine, "SELECT readings ->> 'rssi' FROM device_latest")
        assert float(str(rssi)) == -78


async def test_what_was_refused_is_credited_when_replayed_after_the_fix(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    """An entry of a camera nobody had registered; it is then, and the entry asked for again."""
    await register(engine, "GW")
    now_ms = clock.now_us() // 1000
    entries = [{"device": "CAM-1", "at": now_ms, "since": now_ms - 20_000}]
    async with a_worker(database, broker), a_device(broker, "GW") as gateway:
        await gateway.publish(
            topics.of(FACILITY, "GW", Leaf.HEARTBEATS), json.dumps(entries), qos=1
        )

        async def is_kept() -> object:
            return await scalar(engine, "SELECT count(*) FROM quarantine_message")

        assert await eventually(is_kept) == 1
        await execute(
            engine,
            "INSERT INTO device (facility_id, code, name, kind, interval_s, registered_at, "
            "approved_at) SELECT id, 'CAM-1', 'CAM-1', 'camera', 30, '2026-01-01Z', '2026-01-01Z' "
            "FROM facility",
        )
        await execute(
            engine,
            "INSERT INTO user_account (email, name, language, password_hash, created_at) "
            "VALUES ('a@example.org', 'A', 'vi', '', now())",
        )
        await execute(
            engine,
            "INSERT INTO replay_request (quarantine_id, user_id, requested_at) "
            "SELECT quarantine.id, user_account.id, now() FROM quarantine, user_account",
        )

        async def is_credited() -> object:
            return await scalar(engine, "SELECT count(*) FROM device_day WHERE watched <> '{}'")

        assert await eventually(is_credited) == 1
        assert await scalar(engine, "SELECT replayed FROM quarantine") == 1
        assert await is_kept() == 0


async def test_a_fault_told_once_impairs_until_it_is_taken_back_also_after_a_restart(
    engine: AsyncEngine, database: Database, broker: Broker
) -> None:
    ids = await register(engine, "CAM-1")
    await execute(
        engine,
        "INSERT INTO adapter_rule (publisher_id, dialect, prefix, name, device_id, created_at) "
        "VALUES (:cam, 'onvif', '', '*', :cam, now())",
        cam=ids.devices[0],
    )
    event = f"giamsat/v1/{FACILITY}/CAM-1/onvif-ej/VideoSource/ImageTooDark/ImagingService/&VS_1"

    def told(state: str) -> str:
        at = clock.now().isoformat().replace("+00:00", "Z")
        return json.dumps(
            {"UtcTime": at, "Source": {"VideoSourceConfigurationToken": "VS_1"},
             "Data": {"State": state}}
        )  # fmt: skip

    async def is_dark() -> object:
        statement = "SELECT count(*) FROM device_condition WHERE condition = 'dark' AND holds"
        return await scalar(engine, statement)

    async with a_worker(database, broker), a_device(broker) as camera:
        await camera.publish(event, told("true"), qos=1)
        assert await eventually(is_dark) == 1
    before_ms = clock.now_us() // 1000
    async with a_worker(database, broker), a_device(broker) as camera:
        await camera.publish(TOPIC, f'{{"at":{before_ms},"since":{before_ms - 20_000}}}', qos=1)

        async def is_impaired() -> object:
            return await scalar(
                engine,
                "SELECT count(*) FROM device_fault WHERE fault = 'dark' "
                "AND spans @> to_timestamp(CAST(:ms AS float8) / 1000)",
                ms=before_ms - 5,
            )

        assert await eventually(is_impaired) == 1
        await camera.publish(event, told("false"), qos=1)

        async def is_over() -> bool:
            return await is_dark() == 0

        assert await eventually(is_over)
