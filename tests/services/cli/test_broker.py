import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, Popen

import aiomqtt
import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli import broker as brokers
from services.cli import probes
from services.cli.broker import Broker, PlatformPasswords
from tests.conftest import Database
from tests.support.ports import free_port

PASSWORDS = PlatformPasswords(ingest="of-ingest", registry="of-registry")


@contextmanager
def running(broker: Broker) -> Iterator[None]:
    command = [brokers.find_binary(), "-c", str(broker.configuration_file)]
    with Popen(command, stdout=DEVNULL, stderr=DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture
def broker() -> Iterator[Broker]:
    with tempfile.TemporaryDirectory(prefix="giamsat-broker-") as folder:
        Path(folder).chmod(0o755)  # the broker runs as a user of its own
        made = Broker(Path(folder) / "mosquitto", "127.0.0.1", free_port())
        brokers.prepare(made)
        yield made


async def test_our_own_processes_are_admitted_and_nobody_else(
    broker: Broker, engine: AsyncEngine
) -> None:
    await brokers.write_access_file(broker, engine, PASSWORDS)
    with running(broker):
        while not await probes.is_listening(broker.host, broker.port):
            pass
        async with aiomqtt.Client(
            broker.host, broker.port, username="giamsat-ingest", password="of-ingest"
        ):
            pass
        with pytest.raises(aiomqtt.MqttError):
            async with aiomqtt.Client(broker.host, broker.port):
                pass


async def test_it_is_written_again_after_the_database_ended_every_connection(
    broker: Broker, engine: AsyncEngine, database: Database
) -> None:
    await brokers.renew_access_file(broker, engine, PASSWORDS)
    await end_every_connection(database)
    broker.access_file.unlink()
    await brokers.renew_access_file(broker, engine, PASSWORDS)
    assert broker.access_file.exists()


async def end_every_connection(database: Database) -> None:
    connection = await asyncpg.connect(database.url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


async def test_only_the_broker_may_read_whom_it_admits(broker: Broker, engine: AsyncEngine) -> None:
    await brokers.write_access_file(broker, engine, PASSWORDS)
    assert broker.access_file.stat().st_mode & 0o777 == 0o600
    names = {client["username"] for client in json.loads(broker.access_file.read_text())["clients"]}
    assert names == {"giamsat-ingest", "giamsat-registry"}


def test_nobody_is_anonymous_and_queues_survive(broker: Broker) -> None:
    lines = broker.configuration_file.read_text().splitlines()
    assert "allow_anonymous false" in lines
    assert "persistence true" in lines
    assert "max_queued_bytes 268435456" in lines
    assert "max_queued_messages 2000000" in lines
