"""The clients printed in docs/protocol.md run, and lose nothing."""

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.settings import Settings
from services.ingest.worker import Worker
from shared.db.session import create_engine
from shared.runtime import clock
from tests.conftest import Database
from tests.support.broker import Broker, running_broker
from tests.support.registry import register
from tests.support.waiting import eventually

TEXT = (Path(__file__).parents[2] / "docs/protocol.md").read_text()
FACILITY, DEVICE, PASSWORD = "HOA-SEN", "CAM-1", "device-password"


@pytest.fixture
def broker() -> Iterator[Broker]:
    with running_broker([(FACILITY, DEVICE, PASSWORD)]) as one:
        yield one


@asynccontextmanager
async def an_ingest(database: Database, broker: Broker) -> AsyncIterator[None]:
    settings = Settings(
        database_url=database.url_of_service("ingest"),
        mqtt_port=broker.port,
        mqtt_password=broker.ingest_password,
        flush_every_s=0.05,
    )
    engine = create_engine(settings.database_url, application="ingest", pool_size=2)
    worker = Worker(settings, engine, boot="test", now=clock.now, now_us=clock.now_us)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))

    async def is_connected() -> bool:
        return worker.is_connected

    await eventually(is_connected)
    try:
        yield
    finally:
        stop.set()
        await running
        await engine.dispose()


def program(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert found
    return found[1]


@asynccontextmanager
async def client(broker: Broker, folder: Path, *command: str) -> AsyncIterator[Process]:
    surroundings = {
        "HOST": broker.host,
        "PORT": str(broker.port),
        "FACILITY": FACILITY,
        "DEVICE": DEVICE,
        "PASSWORD": PASSWORD,
        "INTERVAL": "0.3",
        "JOURNAL": str(folder / "journal.json"),
    }
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **surroundings}, stdout=PIPE, start_new_session=True
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, 9)
        await process.wait()


def covered(engine: AsyncEngine) -> Callable[[], Awaitable[list[tuple[float, float]]]]:
    """What is watched, as pairs of seconds since the epoch."""

    async def ask() -> list[tuple[float, float]]:
        async with engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT extract(epoch FROM lower(r)), extract(epoch FROM upper(r)) "
                    "FROM (SELECT unnest(range_agg(w)) r FROM device_day, unnest(watched + late) w)"
                    " spans ORDER BY 1"
                )
            )
            return [(float(low), float(high)) for low, high in rows]

    return ask


async def test_the_shell_says_heartbeats_and_hears_that_they_are_committed(
    engine: AsyncEngine, database: Database, broker: Broker, tmp_path: Path
) -> None:
    await register(engine, DEVICE)
    async with (
        an_ingest(database, broker),
        client(broker, tmp_path, "sh", "-c", program("sh")) as shell,
        asyncio.timeout(20),
    ):
        assert shell.stdout is not None
        committed = 0
        while committed < 3:
            (word,) = json.loads(await shell.stdout.readline())
            assert "refused" not in word
            committed = word["seq"][-1][1]
        assert await eventually(covered(engine))


async def test_the_python_client_loses_nothing_when_it_is_killed(
    engine: AsyncEngine, database: Database, broker: Broker, tmp_path: Path
) -> None:
    await register(engine, DEVICE)
    journal = tmp_path / "journal.json"
    python = (sys.executable, "-c", program("python"))

    async def is_kept() -> bool:
        watches = json.loads(journal.read_text()) if journal.exists() else []
        return bool(watches) and watches[0]["at"] > watches[0]["since"]

    async with client(broker, tmp_path, *python):
        await eventually(is_kept)
    (left,) = json.loads(journal.read_text())

    async def is_told() -> bool:
        spans = await covered(engine)()
        return any(
            low * 1000 <= left["since"] + 1 and left["at"] - 1 <= high * 1000 for low, high in spans
        )

    async def is_forgotten() -> bool:
        return left["since"] not in [each["since"] for each in json.loads(journal.read_text())]

    async with an_ingest(database, broker), client(broker, tmp_path, *python):
        assert await eventually(is_told)
        assert await eventually(is_forgotten)
