"""The heads in a file beside the database, which cannot witness its own past."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.domain.ledger import SignedHead, heads_in, line_of

_LONGER_THAN_A_LINE: Final = 4096


@dataclass(frozen=True, slots=True)
class Witness:
    """One head a line. What is written is on the disk before it counts."""

    file: Path

    def last(self) -> SignedHead | None:
        """A line that a crash cut off does not count. Raises `ValueError` for what is no head."""
        if not self.file.exists():
            return None
        with self.file.open("rb") as handle:
            size = handle.seek(0, os.SEEK_END)
            handle.seek(max(0, size - _LONGER_THAN_A_LINE))
            whole = handle.read().rpartition(b"\n")[0]
        found = heads_in(whole.rpartition(b"\n")[2].decode())
        return found[-1] if found else None

    def keep(self, heads: Sequence[SignedHead]) -> None:
        if not heads:
            return
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not self.file.exists()
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as handle:
            _drop_what_was_cut_off(handle.fileno())
            handle.seek(0, os.SEEK_END)
            handle.write("".join(map(line_of, heads)).encode())
            handle.flush()
            os.fsync(handle.fileno())
        if is_new:
            _sync_folder(self.file.parent)


def _drop_what_was_cut_off(descriptor: int) -> None:
    """A line is there with its end, or not at all."""
    size = os.fstat(descriptor).st_size
    begin = max(0, size - _LONGER_THAN_A_LINE)
    end = os.pread(descriptor, size - begin, begin)
    os.ftruncate(descriptor, begin + end.rfind(b"\n") + 1)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
