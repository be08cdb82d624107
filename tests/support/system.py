"""The whole product, started as a person starts it, and the hands to work with it."""

import asyncio
import email
import email.policy
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.support.waiting import eventually


@dataclass
class System:
    """A running `giamsat up` in a folder of its own."""

    data: Path
    options: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    # -- up and down ------------------------------------------------------------------------

    def start(self) -> None:
        command = [sys.executable, "-m", "services.cli", "up", "--data", str(self.data)]
        with (self.data.parent / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--port", "0", "--mqtt-port", "0", *self.options],
                stdout=log,
                stderr=log,
                env={**os.environ, **self.settings},
            )

    async def ready(self) -> dict[str, Any]:
        """What run.json says once it is there."""

        async def look() -> dict[str, Any] | None:
            if self.process is None or self.process.poll() is not None:
                raise AssertionError(f"`giamsat up` ended:\n{self.log()[-3000:]}")
            return self.run if self.run_file.exists() else None

        running = await eventually(look, within_s=60)
        assert running is not None
        return running

    def stop(self) -> int:
        """Ctrl-C; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)

    def log(self) -> str:
        return (self.data.parent / "up.log").read_text(errors="replace")

    # -- what it says of itself --------------------------------------------------------------

    @property
    def run_file(self) -> Path:
        return self.data / "run.json"

    @property
    def run(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.run_file.read_text())
        return content

    def pid(self, name: str) -> int:
        return int(self.run["processes"][name])

    # -- the API -----------------------------------------------------------------------------

    async def log_in(self, who: str | None = None) -> "Api":
        """As the administrator, or as the person who holds a role."""
        person = self.run["admin"] if who is None else self.run["users"][who]
        return await self.log_in_as(person["email"], person["password"])

    async def log_in_as(self, address: str, password: str) -> "Api":
        client = httpx.AsyncClient(base_url=self.run["api_url"] + "/", timeout=10)
        self.clients.append(client)
        person = {"email": address, "password": password}
        answer = await client.post("sessions", json=person)
        assert answer.status_code == 201, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return Api(client)

    async def leave(self) -> None:
        """Close what `log_in` opened."""
        while self.clients:
            await self.clients.pop().aclose()

    # -- mail --------------------------------------------------------------------------------

    def mails(self) -> list[EmailMessage]:
        """What the mail server has received, oldest first."""
        found: list[EmailMessage] = []
        for path in sorted(Path(self.run["mail_dir"]).glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            found.append(message)
        return found

    async def mail(self, *, to: str, about: str, within_s: float = 60) -> EmailMessage:
        """The newest mail to somebody in which some words stand."""

        async def look() -> EmailMessage | None:
            matching = [
                mail
                for mail in self.mails()
                if to in str(mail["To"]) and about in f"{mail['Subject']}\n{mail.get_content()}"
            ]
            return matching[-1] if matching else None

        found = await eventually(look, within_s=within_s)
        assert found is not None
        return found

    # -- the database ------------------------------------------------------------------------

    async def _link(self) -> asyncpg.Connection:
        """Through a start of the server: a test may just have killed it."""
        async with asyncio.timeout(30):
            while True:
                try:
                    return await asyncpg.connect(self.run["database_url"])
                except (OSError, asyncpg.CannotConnectNowError):
                    await asyncio.sleep(0.05)

    async def sql(self, statement: str, *values: object) -> list[asyncpg.Record]:
        link = await self._link()
        try:
            rows: list[asyncpg.Record] = await link.fetch(statement, *values)
        finally:
            await link.close()
        return rows


@dataclass
class Api:
    """A logged-in client; every call says what came back if it was not what was expected."""

    client: httpx.AsyncClient

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.client.get(path, params=params)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self.client.post(path, json=body)
        assert answer.status_code == 201, f"POST {path}: {answer.status_code} {answer.text}"
        return answer.json()


@contextmanager
def running_system(*options: str, settings: dict[str, str] | None = None) -> Iterator[System]:
    """Start it; stop it and throw it away afterwards."""
    with tempfile.TemporaryDirectory(prefix="giamsat-up-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        system = System(Path(folder) / "data", options, settings or {})
        system.start()
        try:
            yield system
        finally:
            assert system.process is not None
            if system.process.poll() is None:
                system.stop()
            if target := os.environ.get("GIAMSAT_KEEP_LOGS"):
                shutil.copytree(system.data / "log", target, dirs_exist_ok=True)
