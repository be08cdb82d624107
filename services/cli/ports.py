"""Which ports to use: the one asked for, the one of last time, or a free one."""

import asyncio
import json
import socket
from collections.abc import Mapping
from pathlib import Path

from shared.runtime.errors import GiamsatError


class PortTakenError(GiamsatError):
    """The port asked for belongs to another program."""

    def __init__(self, port: int, option: str) -> None:
        super().__init__(
            f"Port {port} is taken by another program. "
            f"Choose another one with {option} PORT, or any free one with {option} 0."
        )
        self.port = port


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: connections that are still dying down do not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def any_free(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


def asked_for(host: str, port: int, *, option: str) -> int:
    """The port a person asked for; 0 means any."""
    if port == 0:
        return any_free(host)
    if not is_free(host, port):
        raise PortTakenError(port, option)
    return port


async def as_before(host: str, port: int | None, *, patience_s: float = 5.0) -> int:
    """The port of last time, given a moment to become free; else any."""
    if port is None:
        return any_free(host)
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + patience_s
    while not is_free(host, port):
        if loop.time() >= give_up_at:
            return any_free(host)
        await asyncio.sleep(0.1)
    return port


def remembered(file: Path) -> dict[str, int]:
    return dict(json.loads(file.read_text())) if file.exists() else {}


def remember(file: Path, ports: Mapping[str, int]) -> None:
    draft = file.with_name(f".{file.name}.new")
    draft.write_text(json.dumps(dict(ports)))
    draft.replace(file)


EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


def seen_from_here(host: str) -> str:
    """The address at which this machine reaches a server of its own that listens on `host`."""
    return "127.0.0.1" if host in EVERYWHERE else host


def seen_from_outside(host: str) -> str:
    """The address at which others reach a server that listens on `host`."""
    if host not in EVERYWHERE:
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; asks only which way it would go
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
    return address
