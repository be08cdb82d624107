"""How many heartbeats a second are durable: publisher, broker, worker and database together.

The peer, in the same run and with the same publisher and broker, is `mosquitto_sub` alone.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from services.cli.postgres import Postgres
from shared.contracts import dynsec
from shared.contracts.topics import ROOT, Rights
from tests.bench.flood import topics_of
from tests.support import databases
from tests.support.broker import Broker, running_broker
from tests.support.ports import free_port
from tests.support.processes import Service, running_service

DEVICES = 10_000
MESSAGES = 300_000
ROUNDS = 3
FLOOD = dynsec.PlatformClient(
    "flood", dynsec.new_secret("flood"), Rights(publish=(f"{ROOT}/#",), subscribe=(f"{ROOT}/#",))
)


def measure() -> dict[str, float]:
    """Medians of three rounds, the two sides in turn."""
    alone: list[float] = []
    durable: list[float] = []
    cpu_us: list[float] = []
    with (
        databases.running_postgres(fsync="on", shared_buffers="256MB") as postgres,
        running_broker(others=[FLOOD]) as broker,
        _worker(postgres, broker) as worker,
    ):
        for _ in range(ROUNDS):
            alone.append(_subscriber_alone(broker))
            rate, cost = _durable(broker, worker)
            durable.append(rate)
            cpu_us.append(cost)
        stored = asyncio.run(_covered_devices(postgres))
    if stored != DEVICES:
        raise SystemExit(f"{stored} of {DEVICES} devices have coverage: the figures mean nothing")
    ratios = [ours / theirs for ours, theirs in zip(durable, alone, strict=True)]
    return {
        "ingest.heartbeats_per_s": statistics.median(durable),
        "ingest.mosquitto_sub_per_s": statistics.median(alone),
        "ingest.ratio_to_mosquitto_sub": statistics.median(ratios),
        "ingest.cpu_us_per_heartbeat": statistics.median(cpu_us),
        "ingest.lowest_heartbeats_per_s": min(durable),
    }


def _subscriber_alone(broker: Broker) -> float:
    """What `mosquitto_sub` receives a second of the same flood."""
    command = [
        "mosquitto_sub", "-h", broker.host, "-p", str(broker.port), "-u", "flood", "-P", "flood",
        "-V", "mqttv5", "-q", "1", "-t", f"{ROOT}/+/+/heartbeat", "-C", str(MESSAGES),
        "-D", "CONNECT", "receive-maximum", "65535",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as subscriber:
        time.sleep(0.5)  # mosquitto_sub does not say when it has subscribed
        started = time.perf_counter()
        _flood(broker)
        subscriber.wait(60)
        return MESSAGES / (time.perf_counter() - started)


def _durable(broker: Broker, worker: Service) -> tuple[float, float]:
    """Heartbeats committed a second, and the worker's CPU microseconds for each."""
    before = worker.metric("giamsat_ingest_messages_total")
    cpu_before = worker.metric("process_cpu_seconds_total")
    started = time.perf_counter()
    _flood(broker)
    while worker.metric("giamsat_ingest_messages_total") < before + MESSAGES:
        time.sleep(0.02)
    seconds = time.perf_counter() - started
    cpu = worker.metric("process_cpu_seconds_total") - cpu_before
    return MESSAGES / seconds, cpu / MESSAGES * 1e6


def _flood(broker: Broker) -> None:
    """From a process of its own; it returns when every message is acknowledged by the broker."""
    command = [sys.executable, "-m", "tests.bench.flood"]
    what = [str(broker.port), "flood", "flood", str(DEVICES), str(MESSAGES)]
    subprocess.run([*command, *what], check=True, stdout=subprocess.DEVNULL, timeout=120)


@contextmanager
def _worker(postgres: Postgres, broker: Broker) -> Iterator[Service]:
    name = asyncio.run(_database_with_devices(postgres))
    port = free_port()
    with running_service(
        "ingest",
        health_port=port,
        settings={"INGEST_MQTT_PORT": str(broker.port), "INGEST_HEALTH_PORT": str(port)},
        secrets={
            "ingest_database_url": postgres.url_of("giamsat_ingest", "ingest", name),
            "ingest_mqtt_password": broker.ingest_password,
        },
    ) as service:
        yield service


async def _database_with_devices(postgres: Postgres) -> str:
    name = await databases.fresh_database(postgres)
    link = await asyncpg.connect(postgres.url_of("giamsat", postgres.password, name))
    await link.execute(
        "INSERT INTO admin_unit (code, name, level, kind, valid_from) "
        "VALUES ('51', 'Quảng Ngãi', 'province', 'province', '2025-07-01')"
    )
    facilities = sorted({topic.split("/")[2] for topic in topics_of(DEVICES)})
    await link.execute(
        "INSERT INTO facility (code, name, ownership, admin_unit_id, time_zone, children, "
        "registered_at) SELECT code, code, 'public', 1, 'Asia/Ho_Chi_Minh', 0, '2026-01-01Z' "
        "FROM unnest($1::text[]) AS code",
        facilities,
    )
    parts = [topic.split("/")[2:4] for topic in topics_of(DEVICES)]
    await link.execute(
        "INSERT INTO device (facility_id, code, name, kind, interval_s, registered_at) "
        "SELECT facility.id, d.code, d.code, 'sensor', 30, '2026-01-01Z' "
        "FROM unnest($1::text[], $2::text[]) AS d (facility, code) "
        "JOIN facility ON facility.code = d.facility",
        [facility for facility, _ in parts],
        [device for _, device in parts],
    )
    await link.execute("VACUUM ANALYZE")
    await link.close()
    global _name  # noqa: PLW0603 - one bench, one database
    _name = name
    return name


_name = ""


async def _covered_devices(postgres: Postgres) -> int:
    link = await asyncpg.connect(postgres.url_of("giamsat", postgres.password, _name))
    count = await link.fetchval(
        "SELECT count(DISTINCT device_id) FROM device_day WHERE watched <> '{}'"
    )
    await link.close()
    return int(count)
