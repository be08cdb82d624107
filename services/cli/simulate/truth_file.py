"""Writes the truth file: each batch of lines is with the system before anything of it is sent."""

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from services.cli.simulate import truth
from services.cli.simulate.truth import Line


class TruthFile:
    """Appends; a crash of ours loses nothing, with `sync` neither does one of the machine."""

    def __init__(self, path: Path | None, *, is_synced: bool = False) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._descriptor = None if path is None else os.open(path, flags, 0o644)
        self._is_synced = is_synced

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def write(self, lines: Iterable[Line]) -> None:
        if self._descriptor is None:
            return
        rest = memoryview(truth.encoded(lines))
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        if self._is_synced:
            os.fsync(self._descriptor)
