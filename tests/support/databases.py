"""A real PostgreSQL for the test run, and a fresh, migrated database for each test."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import asyncpg

from services.cli.postgres import DATABASE, OWNER, Postgres, system_user
from shared.db import migrate
from shared.db.session import create_engine
from tests.support.ports import free_port

_numbers = count(1)
TEMPLATE = "template_giamsat"
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder with a name of its own is made in it
ENOUGH_BYTES = 4 << 30


@contextmanager
def running_postgres(**settings: str) -> Iterator[Postgres]:
    """A server of our own. No fsync: what tests crash is our processes, not the machine."""
    chosen = {"fsync": "off", "shared_buffers": "64MB", "max_connections": "100", **settings}
    where = _quick_folder() if chosen["fsync"] == "off" else None
    with tempfile.TemporaryDirectory(
        prefix="giamsat-pg-", dir=where, ignore_cleanup_errors=True
    ) as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "postgres", free_port(), "owner-password")
        server.create()
        command = server.command(**chosen)
        with subprocess.Popen(command, user=system_user(), stderr=subprocess.DEVNULL) as process:
            try:
                asyncio.run(prepare(server))
                yield server
            finally:
                process.send_signal(signal.SIGQUIT)
                process.wait(10)


def _quick_folder() -> Path | None:
    """Memory, where the machine has enough: a fresh database is there several times sooner."""
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES
    return MEMORY if has_room else None


async def prepare(server: Postgres) -> None:
    """Make the template of all databases of tests, with the newest schema."""
    admin = await _connect(server)
    await admin.execute(f"CREATE DATABASE {TEMPLATE}")
    await admin.close()
    engine = create_engine(server.url_of(OWNER, server.password, TEMPLATE), application="tests")
    services = [server.url_of(f"giamsat_{name}", name) for name in ("ingest", "alerts", "api")]
    await migrate.run(engine, service_urls=services)
    await engine.dispose()


async def _connect(server: Postgres) -> asyncpg.Connection:
    url = server.url_of(OWNER, server.password, "postgres")
    async with asyncio.timeout(20):
        while True:
            try:
                return await asyncpg.connect(url)
            except (OSError, asyncpg.CannotConnectNowError):
                await asyncio.sleep(0.02)


async def fresh_database(server: Postgres) -> str:
    """The name of a new database with the newest schema."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    admin = await asyncpg.connect(server.url_of(OWNER, server.password, "postgres"))
    # Copying files takes a quarter of the time of logging every page, where nothing is synced.
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    await admin.close()
    return name


async def drop_database(server: Postgres, name: str) -> None:
    admin = await asyncpg.connect(server.url_of(OWNER, server.password, "postgres"))
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


__all__ = ["DATABASE", "drop_database", "fresh_database", "running_postgres"]
