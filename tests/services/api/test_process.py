"""The process as the supervisor starts it."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from shared.runtime.sealed_box import new_key
from tests.conftest import Database
from tests.support.broker import Broker
from tests.support.ports import free_port


async def test_process_serves_until_told_to_stop(
    database: Database, api_broker: Broker, tmp_path: Path
) -> None:
    port = free_port()
    (tmp_path / "api_database_url").write_text(database.url_of_service("api"))
    (tmp_path / "api_mqtt_password").write_text(api_broker.registry_password)
    (tmp_path / "api_people_key").write_text(new_key())
    environ = {
        **os.environ,
        "GIAMSAT_SECRETS_DIR": str(tmp_path),
        "API_MQTT_PORT": str(api_broker.port),
        "API_PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.api", env=environ, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as api:
        await until_ready(api)
        answer = await api.get("/api/v1/facilities")
        page = await api.get("/")
    process.send_signal(signal.SIGTERM)
    _, log = await process.communicate()
    assert (answer.status_code, page.status_code, process.returncode) == (401, 303, 0)
    assert b"Traceback" not in log


async def until_ready(api: httpx.AsyncClient) -> None:
    ready = 0
    while ready != 200:
        try:
            ready = (await api.get("/readyz")).status_code
        except httpx.TransportError:
            await asyncio.sleep(0.05)


def test_process_without_settings_names_what_is_missing(tmp_path: Path) -> None:
    environ = {**os.environ, "GIAMSAT_SECRETS_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "services.api"],
        env=environ,
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode != 0
    assert "API_DATABASE_URL" in done.stderr
    assert "API_MQTT_PASSWORD" in done.stderr
