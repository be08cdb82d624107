"""What has ended and is not acknowledged yet: which of it to tell now, and which later again.

    ended ──told──▶ waiting ──acknowledged, whenever it was told──▶ forgotten
                       └──patience ended──▶ told again

Patience is short while acknowledgements come at all. While none come it doubles, so that a server
that cannot hear us is not flooded with what it will have to read.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.edge.watch import Watch

#: About two megabytes of memory and of file; a camera that changed its state every minute fills it
#: in a week.
MOST_WATCHES: Final = 10_000
SHORTEST_PATIENCE_S: Final = 5.0
LONGEST_PATIENCE_S: Final = 600.0


@dataclass(slots=True)
class _Ended:
    watch: Watch
    waits_since_s: float
    told_s: float | None = None
    times_unheard: int = 0


class Backlog:
    """Ended watches by their sequence numbers, which grow with time. Seconds are monotonic."""

    def __init__(self, *, limit: int = MOST_WATCHES) -> None:
        self._limit = limit
        self._ended: dict[int, _Ended] = {}
        self._heard_s: float | None = None

    @property
    def watches(self) -> Sequence[Watch]:
        """Oldest first."""
        return tuple(ended.watch for ended in self._ended.values())

    def add(self, seq: int, watch: Watch, *, now_s: float) -> Watch | None:
        """When it is full, the oldest has to go, and is returned: the newest is worth most."""
        self._ended[seq] = _Ended(watch, now_s)
        if len(self._ended) <= self._limit:
            return None
        return self._ended.pop(next(iter(self._ended))).watch

    def due(self, now_s: float) -> Iterator[tuple[int, Watch]]:
        """What is to be told now, newest first: the present matters more than last week.

        It may be told, or acknowledged, while this is being read.
        """
        for seq in reversed(tuple(self._ended)):
            ended = self._ended.get(seq)
            if ended is not None and self._is_due(ended, now_s):
                yield seq, ended.watch

    def told(self, seqs: Iterable[int], *, now_s: float) -> None:
        for seq in seqs:
            if (ended := self._ended.get(seq)) is not None:
                ended.times_unheard = 1 if self._was_heard(ended) else ended.times_unheard + 1
                ended.told_s = now_s

    def acknowledge(self, ranges: Iterable[tuple[int, int]], *, now_s: float) -> None:
        """Forget what is in the closed ranges [first, last]."""
        self._heard_s = now_s
        for first, last in ranges:
            # However much a range claims, no more is gone through than there is.
            for seq in [seq for seq in self._ended if first <= seq <= last]:
                del self._ended[seq]

    def device_of(self, seq: int) -> str | None:
        ended = self._ended.get(seq)
        return None if ended is None else ended.watch.device

    def longest_wait_s(self, now_s: float) -> float:
        """For how long the oldest of it has been waiting for its acknowledgement."""
        return max((now_s - ended.waits_since_s for ended in self._ended.values()), default=0.0)

    def _is_due(self, ended: _Ended, now_s: float) -> bool:
        return ended.told_s is None or now_s - ended.told_s >= self._patience_s(ended)

    def _patience_s(self, ended: _Ended) -> float:
        if self._was_heard(ended):
            return SHORTEST_PATIENCE_S
        doublings = min(ended.times_unheard - 1, 20)
        return min(LONGEST_PATIENCE_S, SHORTEST_PATIENCE_S * 2.0**doublings)

    def _was_heard(self, ended: _Ended) -> bool:
        """Acknowledgements came since it was told, if not for this one."""
        return (
            ended.told_s is not None and self._heard_s is not None and self._heard_s > ended.told_s
        )
