"""The gateway as it is really started, against an ingest that is real."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.edge import key
from services.ingest.settings import Settings
from services.ingest.worker import Worker
from shared.db.session import create_engine
from shared.runtime import clock
from tests.conftest import Database
from tests.support.broker import Broker, running_broker
from tests.support.ports import free_port
from tests.support.registry import register
from tests.support.waiting import eventually

FACILITY, CODE, CAMERA, PASSWORD = "HOA-SEN", "GW-1", "CAM-1", "device-password"


@pytest.fixture
def broker() -> Iterator[Broker]:
    with running_broker([(FACILITY, CODE, PASSWORD)]) as one:
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
    try:
        yield
    finally:
        stop.set()
        await running
        await engine.dispose()


def surroundings(broker: Broker, folder: Path, key_file: Path) -> dict[str, str]:
    behind = {
        "facility": FACILITY,
        "gateway": CODE,
        "cameras": [{"code": CAMERA, "source": {"kind": "room"}, "key_file": str(key_file)}],
    }
    (folder / "devices.json").write_text(json.dumps(behind))
    return {
        **os.environ,
        "EDGE_MQTT_HOST": broker.host,
        "EDGE_MQTT_PORT": str(broker.port),
        "EDGE_MQTT_PASSWORD": PASSWORD,
        "EDGE_DEVICES_FILE": str(folder / "devices.json"),
        "EDGE_JOURNAL_FILE": str(folder / "journal.json"),
        "EDGE_INTERVAL_S": "1",
        "EDGE_HEALTH_PORT": str(free_port()),
    }


COMMAND = (sys.executable, "-m", "services.edge")


async def test_what_a_gateway_signs_for_its_camera_is_proven(
    engine: AsyncEngine, database: Database, broker: Broker, tmp_path: Path
) -> None:
    ids = await register(engine, CAMERA, CODE)
    public = key.kept(tmp_path / "cam.pem").public_key
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO device_key (device_id, public_key, created_at) VALUES (:id, :k, :at)"
            ),
            {"id": ids.devices[0], "k": public, "at": clock.now()},
        )
    env = surroundings(broker, tmp_path, tmp_path / "cam.pem")

    async def proven() -> list[int]:
        async with engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT device_id FROM device_day WHERE NOT isempty(proven)")
            )
            return [row.device_id for row in rows]

    async with an_ingest(database, broker):
        process = await asyncio.create_subprocess_exec(*COMMAND, env=env)
        try:
            assert await eventually(proven, within_s=30) == [ids.devices[0]]
        finally:
            process.terminate()
            await process.wait()
    assert process.returncode == 0


def test_a_key_that_is_not_there_is_told_in_a_line(broker: Broker, tmp_path: Path) -> None:
    env = surroundings(broker, tmp_path, tmp_path / "none.pem")
    ended = subprocess.run(
        COMMAND, env=env, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert "A signing key cannot be used" in ended.stderr
    assert "Traceback" not in ended.stderr
