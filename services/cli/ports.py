"""Which ports to use: the one asked for, the one of last time, or a free one."""

import asyncio
import errno
import json
import random
import socket
from collections.abc import Collection, Mapping
from pathlib import Path

from shared.runtime.errors import GiamsatError

#: Below what the system hands out for outgoing connections: while one of those lives or dies down
#: on our port, no server can come back to it.
KEPT_FOR_SERVERS = range(20_000, 32_000)
MOST_DRAWS = 100
HIGHEST = 65_535


class PortTakenError(GiamsatError):
    """The port asked for belongs to another program."""

    def __init__(self, port: int, option: str) -> None:
        super().__init__(
            f"Port {port} is taken by another program. "
            f"Choose another one with {option} PORT, or any free one with {option} 0."
        )
        self.port = port


class NoSuchPortError(GiamsatError):
    """The number asked for is none that a port can have."""

    def __init__(self, port: int, option: str) -> None:
        super().__init__(f"{option} {port}: a port is a number from 1 to {HIGHEST}, or 0 for any.")


class NoFreePortError(GiamsatError):
    """Every port that was tried is taken."""

    def __init__(self, host: str) -> None:
        super().__init__(f"There is no free port on {host}. Ask for one with --port PORT.")


class CannotListenError(GiamsatError):
    """The system does not let us listen there, taken or not."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"Cannot listen on {host}, port {port}: {reason}.")


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: connections that are still dying down do not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            if exc.errno == errno.EADDRINUSE:
                return False
            raise CannotListenError(host, port, exc.strerror or str(exc)) from exc
    return True


def any_free(host: str, *, besides: Collection[int] = ()) -> int:
    """A port that nobody uses, and that is none of those chosen already."""
    for port in random.sample(KEPT_FOR_SERVERS, MOST_DRAWS):
        if port not in besides and is_free(host, port):
            return port
    raise NoFreePortError(host)


def asked_for(host: str, port: int, *, option: str) -> int:
    """The very port a person asked for."""
    if not is_free(host, port):
        raise PortTakenError(port, option)
    return port


def check(port: int | None, *, option: str) -> None:
    if port is not None and not 0 <= port <= HIGHEST:
        raise NoSuchPortError(port, option)


async def as_before(
    host: str, port: int | None, *, besides: Collection[int] = (), patience_s: float = 5.0
) -> int:
    """The port of last time, given a moment to become free; else any."""
    if port is None or port in besides:
        return any_free(host, besides=besides)
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + patience_s
    while not is_free(host, port):
        if loop.time() >= give_up_at:
            return any_free(host, besides=besides)
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
