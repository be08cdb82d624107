"""Without containers, but with their commands, settings and secrets: everything comes up."""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from services.cli.broker import find_binary, find_plugin
from services.cli.postgres import OWNER, Postgres
from tests.deploy import compose
from tests.support import databases
from tests.support.ports import free_port
from tests.support.waiting import eventually

FILE = compose.read(compose.settings_of(compose.DEPLOY / "demo.env"))
STEPS = ("migrate", "demo-seed", "broker-config")
DATABASE = "rehearsal"
PORTS = ("1883", "8080", "8025", "9101", "9102")


class Stage:
    """This machine in place of the containers: other names and ports, the same everything else."""

    def __init__(self, folder: Path, server: Postgres) -> None:
        self.folder = folder
        self.ports = {port: str(free_port()) for port in PORTS}
        subprocess.run([compose.DEPLOY / "make-secrets", folder / "secrets"], check=True)
        near = f"127.0.0.1:{server.port}/{DATABASE}"
        self.secrets = {
            file.name: file.read_text().replace("postgres:5432/giamsat", near)
            for file in (folder / "secrets").iterdir()
        }
        self.secrets["migrate_database_url"] = server.url_of(OWNER, server.password, DATABASE)

    def here(self, text: str) -> str:
        """What a text of the file means on this machine."""
        here = {
            "/usr/lib/mosquitto_dynamic_security.so": str(find_plugin()),
            "/usr/sbin/mosquitto": find_binary(),
            "/mosquitto/data": str(self.folder / "broker"),
            "/var/lib/giamsat": str(self.folder / "data"),
            "0.0.0.0": "127.0.0.1",  # noqa: S104 - replaced, not bound
            **self.ports,
        }
        return re.sub("|".join(map(re.escape, here)), lambda found: here[found[0]], text)

    def command(self, parts: list[str]) -> list[str]:
        bin_folder = Path(sys.executable).parent
        program = {"python": sys.executable, "giamsat": str(bin_folder / "giamsat")}
        return [program.get(parts[0], self.here(parts[0])), *map(self.here, parts[1:])]

    def environment(self, name: str) -> dict[str, str]:
        """A container sees its own secrets and no others."""
        service = FILE["services"][name]
        secrets = self.folder / f"secrets-of-{name}"
        secrets.mkdir(exist_ok=True)
        for secret in service.get("secrets", ()):
            (secrets / secret).write_text(self.secrets[secret])
        settings = {
            key: "127.0.0.1" if value in FILE["services"] else self.here(str(value))
            for key, value in service.get("environment", {}).items()
        }
        return {"PATH": os.environ["PATH"], **settings, "GIAMSAT_SECRETS_DIR": str(secrets)}

    def step(self, name: str) -> str:
        """One container that does its work and ends; what it printed."""
        done = subprocess.run(
            self.command(FILE["services"][name]["command"]),
            env=self.environment(name),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        command = self.command(FILE["services"][name]["command"])
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(command, env=self.environment(name), stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(15)

    async def is_healthy(self, name: str) -> bool:
        """What the container's own health check says."""
        _, *probe = FILE["services"][name]["healthcheck"]["test"]
        asked = await asyncio.create_subprocess_exec(
            *self.command(probe), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return await asked.wait() == 0


@pytest.fixture
def stage() -> Iterator[Stage]:
    with (
        databases.running_postgres() as server,
        tempfile.TemporaryDirectory(prefix="giamsat-stage-") as folder,
    ):
        Path(folder).chmod(0o755)  # the broker runs as a user of its own
        asyncio.run(_create_database(server))
        yield Stage(Path(folder), server)


async def _create_database(server: Postgres) -> None:
    admin = await asyncpg.connect(server.url_of(OWNER, server.password, "postgres"))
    await admin.execute(f"CREATE DATABASE {DATABASE}")
    await admin.close()


async def test_the_containers_bring_everything_up(stage: Stage) -> None:
    printed = {name: stage.step(name) for name in STEPS}
    email, password = printed["demo-seed"].split()[:2]
    with ExitStack() as running:
        for name in ("mosquitto", "ingest", "alerts", "api", "demo", "mail"):
            running.enter_context(stage.running(name))
        for name in ("ingest", "alerts", "api", "demo", "mail"):
            await eventually(partial(stage.is_healthy, name), within_s=30)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{stage.ports['8080']}") as http:
            person = {"email": email, "password": password}
            token = (await http.post("/api/v1/sessions", json=person)).json()["token"]
            http.headers["Authorization"] = f"Bearer {token}"

            async def all_are_covered() -> list[Any]:
                facility = (await http.get("/api/v1/facilities")).json()["items"][0]["code"]
                found = (await http.get(f"/api/v1/facilities/{facility}/devices")).json()["items"]
                return found if all(device["state"] == "covered" for device in found) else []

            assert await eventually(all_are_covered, within_s=40)
