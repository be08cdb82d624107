"""`run.json`: how to reach what runs here, for people's scripts and for our own commands."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from services.cli.secret_files import write_private
from shared.runtime.errors import GiamsatError


@dataclass(frozen=True, slots=True)
class LogIn:
    """With what a person logs in."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Running:
    """What runs on this machine, and how to reach it."""

    console_url: str
    api_url: str
    mqtt: Endpoint
    database_url: str
    mail_dir: str
    admin: LogIn
    users: Mapping[str, LogIn]
    processes: Mapping[str, int]
    health: Mapping[str, str]


class NotRunningError(GiamsatError):
    """There is no run.json: nothing runs on this data folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"giamsat does not run on {folder}. Start it with: giamsat up")


@dataclass(slots=True)
class RunFile:
    """Written when everything is ready, kept current, removed at the end."""

    path: Path
    current: Running | None = field(default=None)

    def write(self, running: Running) -> None:
        self.current = running
        write_private(self.path, json.dumps(asdict(running), indent=2, ensure_ascii=False) + "\n")

    def remove(self) -> None:
        self.current = None
        self.path.unlink(missing_ok=True)


def read(path: Path) -> Running:
    try:
        stored = json.loads(path.read_text())
    except FileNotFoundError as exc:
        raise NotRunningError(path.parent) from exc
    stored["mqtt"] = Endpoint(**stored["mqtt"])
    stored["admin"] = LogIn(**stored["admin"])
    stored["users"] = {role: LogIn(**log_in) for role, log_in in stored["users"].items()}
    return Running(**stored)
