"""What a target costs, input by input, in figures that outlive its process."""

import mmap
import os
import re
import resource
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

#: No input may take longer; processor time, so that a busy machine does not count.
LONGEST_MS: Final = 100.0
#: Nor may one input make the process grow by more than this.
MOST_MB_AT_ONCE: Final = 64.0
#: So many inputs go by before growth counts: imports, caches, the fuzzer's own tables.
WARM_AFTER: Final = 2_000
#: What seems too long is measured again, for the garbage collector may have been at work.
_AGAIN: Final = 3

_STATUS: Final = os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC)
_PEAK: Final = re.compile(rb"VmHWM:\s+(\d+) kB")
_FIGURES: Final = struct.Struct("Qddd")


class ExceededError(AssertionError):
    """An input took too long, or too much memory."""


class Gauge:
    """Calls the target and keeps count; `path` is a file that shows the figures to others."""

    def __init__(self, path: Path, one: Callable[[bytes], None]) -> None:
        self._one = one
        with path.open("w+b") as file:
            file.truncate(_FIGURES.size)
            self._shown = mmap.mmap(file.fileno(), _FIGURES.size)
        _forget_peak()
        self.inputs = 0
        self.slowest_ms = 0.0
        self.warm_mb = 0.0
        self.peak_mb = _peak_mb()

    def __call__(self, data: bytes) -> None:
        self.inputs += 1
        took_ms = _timed_ms(self._one, data)
        if took_ms > LONGEST_MS:
            took_ms = min(took_ms, *(_timed_ms(self._one, data) for _ in range(_AGAIN)))
        grown_mb = _peak_mb() - self.peak_mb
        self.peak_mb += grown_mb
        if self.inputs == WARM_AFTER:
            self.warm_mb = self.peak_mb
        self.slowest_ms = max(self.slowest_ms, took_ms)
        self._show()
        if took_ms > LONGEST_MS:
            raise ExceededError(f"took {took_ms:.0f} ms")
        if grown_mb > MOST_MB_AT_ONCE:
            raise ExceededError(f"grew by {grown_mb:.0f} MB")

    def _show(self) -> None:
        figures = self.inputs, self.slowest_ms, self.warm_mb or self.peak_mb, self.peak_mb
        _FIGURES.pack_into(self._shown, 0, *figures)


def read(path: Path) -> tuple[int, float, float]:
    """Inputs, slowest in milliseconds, growth in megabytes; nothing if it did not get so far."""
    if not path.exists() or path.stat().st_size < _FIGURES.size:
        return 0, 0.0, 0.0
    inputs, slowest_ms, warm_mb, peak_mb = _FIGURES.unpack(path.read_bytes())
    return inputs, slowest_ms, peak_mb - warm_mb


def _timed_ms(one: Callable[[bytes], None], data: bytes) -> float:
    before_s = _cpu_s()
    one(data)
    return (_cpu_s() - before_s) * 1e3


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _forget_peak() -> None:
    """What the process held before is no matter; from now on its peak is that of what comes."""
    Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> float:
    """The most this process ever held; `ru_maxrss` would count what it was started from."""
    found = _PEAK.search(os.pread(_STATUS, 4_096, 0))
    return int(found[1]) / 1024 if found else 0.0
