"""One `up` at a time on a data folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.runtime.errors import GiamsatError


class AlreadyRunningError(GiamsatError):
    """Another process holds the data folder."""

    def __init__(self, folder: Path, holder: str) -> None:
        who = f" (process {holder})" if holder else ""
        super().__init__(
            f"giamsat is already running on {folder}{who}. Stop it first, or choose another --data."
        )


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Hold the lock while the block runs. The kernel lets go of it, however we end."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        holder = os.read(descriptor, 32).decode().strip()
        os.close(descriptor)
        raise AlreadyRunningError(file.parent, holder) from exc
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)
