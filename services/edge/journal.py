"""The file in which what was watched, and is not acknowledged yet, outlives a loss of power."""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from services.edge.watch import Watch
from shared.runtime import logging

log = logging.get(__name__)


class _Page(msgspec.Struct, frozen=True):
    """The file: watches that ended, and those that went on when it was written."""

    ended: tuple[Watch, ...]
    going_on: tuple[Watch, ...]


_decode = msgspec.json.Decoder(_Page).decode


class Journal:
    """One file; `past` is what it held when we began, oldest first."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._is_broken = False
        self.past = _read(file)

    async def save(self, ended: Iterable[Watch], going_on: Iterable[Watch]) -> None:
        """Returns when it is on disk; a disk that fails must not keep a gateway from telling."""
        page = _Page(tuple(ended), tuple(going_on))
        try:
            await asyncio.to_thread(_write, self._file, msgspec.json.encode(page))
        except OSError as fault:
            if not self._is_broken:
                log.warning("journal_not_saved", reason=str(fault))
            self._is_broken = True
            return
        if self._is_broken:
            log.info("journal_saved_again")
        self._is_broken = False


def _write(file: Path, content: bytes) -> None:
    draft = file.with_name(f".{file.name}.new")
    with draft.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(file)


def _read(file: Path) -> tuple[Watch, ...]:
    """What went on when we ended has ended with us."""
    if not file.exists():
        return ()
    try:
        page = _decode(file.read_bytes())
    except msgspec.MsgspecError as fault:
        # A torn disk must not keep a gateway from watching.
        log.warning("journal_unreadable", reason=str(fault))
        return ()
    return tuple(watch for watch in (*page.ended, *page.going_on) if not watch.is_empty)
