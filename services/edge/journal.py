"""What has been watched and is not yet known to be delivered: kept through a loss of power."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from services.edge.watch import Watch
from shared.runtime import logging

log = logging.get(__name__)
#: About two megabytes; a camera that changed its state every minute fills it in days.
MOST_WATCHES = 10_000


class _Page(msgspec.Struct, frozen=True):
    """The file: watches that ended, and those that went on when it was written."""

    ended: tuple[Watch, ...]
    going_on: tuple[Watch, ...]


_decode = msgspec.json.Decoder(_Page).decode


class Journal:
    """Ended watches, oldest first, in memory and in one file."""

    def __init__(self, file: Path, *, limit: int = MOST_WATCHES) -> None:
        self._file = file
        self._limit = limit
        self._ended = _read(file)

    @property
    def ended(self) -> Sequence[Watch]:
        return tuple(self._ended)

    def add(self, watch: Watch) -> None:
        """When it is full, the oldest has to go: the newest is worth most."""
        self._ended[watch] = None
        if len(self._ended) > self._limit:
            oldest = next(iter(self._ended))
            del self._ended[oldest]
            log.warning("journal_overflowed", device=oldest.device)

    def forget(self, delivered: Iterable[Watch]) -> None:
        for watch in delivered:
            self._ended.pop(watch, None)

    async def save(self, going_on: Iterable[Watch]) -> None:
        """Returns when it is on disk."""
        page = _Page(tuple(self._ended), tuple(going_on))
        await asyncio.to_thread(_write, self._file, msgspec.json.encode(page))


def _write(file: Path, content: bytes) -> None:
    draft = file.with_name(f".{file.name}.new")
    with draft.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(file)


def _read(file: Path) -> dict[Watch, None]:
    """What went on when we ended has ended with us."""
    if not file.exists():
        return {}
    try:
        page = _decode(file.read_bytes())
    except msgspec.MsgspecError as fault:
        # A torn disk must not keep a gateway from watching.
        log.warning("journal_unreadable", reason=str(fault))
        return {}
    return dict.fromkeys(watch for watch in (*page.ended, *page.going_on) if not watch.is_empty)
