"""How much of a watch some messages tell: of cumulative ones a beginning, of plain ones pieces."""

from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from shared.domain.intervals import Spans

Instants: TypeAlias = npt.NDArray[np.int64]


class Told(Protocol):
    """Some of a voice's messages."""

    def of(self, start_us: int, end_us: int) -> Spans[int]:
        """What they say of a watch over [start, end)."""
        ...


class Prefixes:
    """Cumulative messages: each tells the watches that ended after `from_us`, from their start."""

    def __init__(self, from_us: Instants, at_us: Instants) -> None:
        order = np.argsort(at_us, kind="stable")
        self._at_us = at_us[order]
        # What any later message reaches back to, none may miss.
        self._from_us = np.minimum.accumulate(from_us[order][::-1])[::-1]

    def of(self, start_us: int, end_us: int) -> Spans[int]:
        after = int(np.searchsorted(self._at_us, end_us))
        if after < len(self._at_us) and self._from_us[after] < end_us:
            return ((start_us, end_us),)
        told_us = int(self._at_us[after - 1]) if after else start_us
        return ((start_us, told_us),) if start_us < told_us else ()


class Beats:
    """Plain messages: each tells the length of a beat before it, if the device watched then."""

    def __init__(self, at_us: Instants, length_us: int) -> None:
        self._at_us = np.sort(at_us)
        self._length_us = length_us

    def of(self, start_us: int, end_us: int) -> Spans[int]:
        """It may begin before the watch: a beat does not know since when."""
        first, last = np.searchsorted(self._at_us, (start_us, end_us), side="right")
        return runs(self._at_us[first:last], self._length_us)


def runs(at_us: Instants, length_us: int) -> Spans[int]:
    """The union of [at - length, at), for instants in order."""
    if not len(at_us):
        return ()
    breaks = np.flatnonzero(np.diff(at_us) > length_us)
    starts = at_us[np.concatenate(([0], breaks + 1))] - length_us
    ends = at_us[np.concatenate((breaks, [len(at_us) - 1]))]
    return tuple(zip(starts.tolist(), ends.tolist(), strict=True))


def joined(starts_us: Instants, ends_us: Instants) -> Spans[int]:
    """The normal form of many spans; empty and reversed ones vanish."""
    real = starts_us < ends_us
    starts_us, ends_us = starts_us[real], ends_us[real]
    if not len(starts_us):
        return ()
    order = np.argsort(starts_us, kind="stable")
    starts_us, reach_us = starts_us[order], np.maximum.accumulate(ends_us[order])
    breaks = np.flatnonzero(starts_us[1:] > reach_us[:-1])
    first = np.concatenate(([0], breaks + 1))
    last = np.concatenate((breaks, [len(starts_us) - 1]))
    return tuple(zip(starts_us[first].tolist(), reach_us[last].tolist(), strict=True))
