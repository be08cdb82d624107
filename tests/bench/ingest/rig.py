"""What every bench of ingest stands on: a database with devices, a broker, workers, and a truth."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import asyncpg
import httpx
import psutil

from services.cli.postgres import Postgres
from shared.contracts import dynsec
from shared.contracts.topics import ROOT, Rights
from tests.support import databases
from tests.support.broker import Broker, running_broker
from tests.support.ports import free_port
from tests.support.processes import Service, running_service

#: Devices of one facility; as many stand behind its gateway `GW`, if it has one.
PER_FACILITY: Final = 16
GATEWAY: Final = "GW"
LOAD: Final = "load"
CLIENT = dynsec.PlatformClient(
    LOAD, dynsec.new_secret(LOAD), Rights(publish=(f"{ROOT}/#",), subscribe=(f"{ROOT}/#",))
)
#: What a device's coverage must be, by its code: spans in milliseconds.
Truth = dict[str, list[tuple[int, int]]]


def facility_of(device: int) -> str:
    return f"F{device // PER_FACILITY:05}"


def code_of(device: int) -> str:
    return f"D{device:06}"


@dataclass(frozen=True, slots=True)
class Rig:
    """Servers of our own, with fsync, and one database."""

    postgres: Postgres
    broker: Broker
    database: str

    @contextmanager
    def worker(self) -> Iterator[Service]:
        port = free_port()
        with running_service(
            "ingest",
            health_port=port,
            settings={"INGEST_MQTT_PORT": str(self.broker.port), "INGEST_HEALTH_PORT": str(port)},
            secrets={
                "ingest_database_url": self.url_of("giamsat_ingest", "ingest"),
                "ingest_mqtt_password": self.broker.ingest_password,
            },
        ) as service:
            yield service

    @contextmanager
    def second_broker(self) -> Iterator["Rig"]:
        """The same with a broker on which no worker listens."""
        with running_broker(others=[CLIENT]) as broker:
            yield replace(self, broker=broker)

    def url_of(self, role: str, password: str) -> str:
        return self.postgres.url_of(role, password, self.database)

    def ask(self, question: str, *values: object) -> Any:
        return asyncio.run(self._ask(question, values))

    async def _ask(self, question: str, values: Sequence[object]) -> Any:
        link = await asyncpg.connect(self.url_of("giamsat", self.postgres.password))
        try:
            return await link.fetchval(question, *values)
        finally:
            await link.close()

    def publish(self, kind: str, senders: int, messages: int, *, per_s: int = 0) -> dict[str, Any]:
        """From a process of its own, acknowledged by the broker; what it says it told."""
        done = subprocess.run(
            self.publisher(kind, senders, messages, per_s),
            check=True,
            stdout=subprocess.PIPE,
            timeout=600,
        )
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def publisher(self, kind: str, senders: int, messages: int, per_s: int = 0) -> list[str]:
        what = [kind, *map(str, (self.broker.port, senders, messages, per_s))]
        return [sys.executable, "-m", "tests.bench.ingest.publisher", *what]

    def must_be_covered(self, truth: Truth) -> None:
        """Exactly what was told, to the millisecond, and nothing else; else no figure counts."""
        codes, starts, ends = [], [], []
        for code, spans in truth.items():
            for start, end in spans:
                codes.append(code)
                starts.append(start)
                ends.append(end)
        wrong = self.ask(_DIFFERS, codes, starts, ends)
        if wrong or not truth:
            raise SystemExit(f"{wrong} of {len(truth)} devices are credited wrongly")


_DIFFERS = """
WITH truth AS (
    SELECT code, range_agg(tstzrange(to_timestamp(start_ms / 1e3), to_timestamp(end_ms / 1e3)))
                     AS spans
    FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS told (code, start_ms, end_ms)
    GROUP BY code
), kept AS (
    SELECT device.code, range_agg(device_day.watched + device_day.late) AS spans
    FROM device_day JOIN device ON device.id = device_day.device_id GROUP BY device.code
)
SELECT count(*) FROM truth FULL JOIN kept USING (code)
WHERE truth.spans IS DISTINCT FROM kept.spans
"""


@contextmanager
def rig(*, devices: int, gateways: int = 0) -> Iterator[Rig]:
    """Sixteen devices a facility; the first so many facilities have a gateway too."""
    with (
        databases.running_postgres(fsync="on", shared_buffers="256MB") as postgres,
        running_broker(others=[CLIENT]) as broker,
    ):
        yield Rig(postgres, broker, asyncio.run(seeded(postgres, devices, gateways)))
        broker.kill()  # nobody needs what it would save


async def seeded(postgres: Postgres, devices: int, gateways: int = 0) -> str:
    name = await databases.fresh_database(postgres)
    link = await asyncpg.connect(postgres.url_of("giamsat", postgres.password, name))
    await link.execute(
        "INSERT INTO admin_unit (code, name, level, kind, valid_from) "
        "VALUES ('51', 'Quảng Ngãi', 'province', 'province', '2025-07-01')"
    )
    facilities = sorted({facility_of(device) for device in range(devices)})
    await link.execute(
        "INSERT INTO facility (code, name, ownership, admin_unit_id, time_zone, children, "
        "registered_at) SELECT code, code, 'public', 1, 'Asia/Ho_Chi_Minh', 0, '2026-01-01Z' "
        "FROM unnest($1::text[]) AS code",
        facilities,
    )
    await _register(link, [(facility_of(n), code_of(n), "sensor") for n in range(devices)])
    await _register(link, [(facility, GATEWAY, "gateway") for facility in facilities[:gateways]])
    await link.execute("VACUUM ANALYZE")
    await link.close()
    return name


async def _register(link: asyncpg.Connection, devices: list[tuple[str, str, str]]) -> None:
    if devices:
        await link.execute(
            "INSERT INTO device (facility_id, code, name, kind, interval_s, registered_at) "
            "SELECT facility.id, d.code, d.code, d.kind, 30, '2026-01-01Z' "
            "FROM unnest($1::text[], $2::text[], $3::text[]) AS d (facility, code, kind) "
            "JOIN facility ON facility.code = d.facility",
            *(list(column) for column in zip(*devices, strict=True)),
        )


def committed(workers: Sequence[Service]) -> float:
    return sum(worker.metric("giamsat_ingest_messages_total") for worker in workers)


def await_committed(workers: Sequence[Service], messages: float) -> None:
    """Until the workers have committed so many in all; not for ever."""
    deadline = time.perf_counter() + 300
    count = 0.0
    while count < messages:
        if time.perf_counter() > deadline:
            raise SystemExit(f"only {count:,.0f} of {messages:,.0f} were committed")
        time.sleep(0.02)
        with suppress(httpx.TimeoutException):  # it is busy with a large flush
            count = committed(workers)


def cpu_s(workers: Sequence[Service]) -> float:
    return sum(worker.metric("process_cpu_seconds_total") for worker in workers)


def rss_mb(worker: Service) -> float:
    return float(psutil.Process(worker.process.pid).memory_info().rss) / 1e6


def told_by_devices(told: Mapping[str, Any], truth: Truth) -> None:
    """Add what one publisher said of devices 0, 1, … to the truth."""
    since_ms, each = told["since_ms"], told["devices_each"]
    for sender, until_ms in enumerate(told["until_ms"]):
        first = sender * told["stride"]
        for device in range(first, first + each):
            truth.setdefault(code_of(device), []).append((since_ms, until_ms))
