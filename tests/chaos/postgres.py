"""A PostgreSQL to be killed: the server as a whole, or one of its processes."""

import asyncio
import os
import random
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil

from services.cli.postgres import OWNER, Postgres, system_user
from shared.runtime import database_faults
from tests.support import databases
from tests.support.ports import free_port

#: How a server looks that is away, or is killed in the midst of an answer to us.
AWAY: Final[tuple[type[Exception], ...]] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    *database_faults.AWAY,
)


class Server:
    """One cluster, with the newest schema as a template. As a context manager it runs."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)
        self.postgres = Postgres(folder / "postgres", free_port(), "owner-password")
        self.log = folder / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> "Server":
        await asyncio.to_thread(self.postgres.create)
        self.start()
        await databases.prepare(self.postgres)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            await asyncio.to_thread(self._process.wait, 10)

    def start(self) -> None:
        """No fsync: what is killed here is processes, not the machine."""
        command = self.postgres.command(fsync="off", shared_buffers="64MB", max_connections="100")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, user=system_user(), stderr=log)

    async def kill(self) -> None:
        """kill -9 of the postmaster; its children notice and go. Returns when all are gone."""
        if self._process is None:
            return
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        await asyncio.to_thread(self._process.wait, 10)
        await asyncio.to_thread(psutil.wait_procs, children, 10)
        self._process = None

    async def kill_backend(self, database: str, rng: random.Random) -> bool:
        """kill -9 of one connection of ingest: the server ends all others and recovers."""
        link = await self.connect()
        try:
            pids = await link.fetch(
                "SELECT pid FROM pg_stat_activity WHERE datname = $1 "
                "AND application_name = 'giamsat-ingest'",
                database,
            )
        finally:
            await link.close(timeout=5)
        if not pids:
            return False
        with suppress(ProcessLookupError):
            os.kill(rng.choice(pids)["pid"], signal.SIGKILL)
        return True

    def url_of(self, database: str) -> str:
        return self.postgres.url_of(OWNER, self.postgres.password, database)

    async def connect(self, database: str = "postgres") -> "asyncpg.Connection[Any]":
        """Waits until the server answers; starts it again if it has ended."""
        async with asyncio.timeout(30):
            while True:
                if self._process is None or self._process.poll() is not None:
                    self.start()
                try:
                    return await asyncpg.connect(self.url_of(database))
                except AWAY:
                    await asyncio.sleep(0.05)

    async def drop(self, database: str) -> None:
        """However the run in it ended."""
        link = await self.connect()
        await link.execute(f"DROP DATABASE {database} WITH (FORCE)")
        await link.close(timeout=5)
