"""What one device attested: what is committed already, and what the next flush adds.

Whatever a heartbeat repeats of what is committed costs nothing more, so a cumulative `since` that
reaches back for days is as cheap as one that reaches back for seconds. Leaving committed time out
is safe because coverage is a union.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from shared.domain.heartbeat import DEFAULT_LIMITS, split_by_arrival
from shared.domain.states import WatchState

Piece = tuple[int, int]


class Kind(IntEnum):
    """Which of a device-day's multiranges a piece belongs to."""

    WATCHED = 0
    LATE = 1
    IMPAIRED = 2


@dataclass(slots=True)
class Latest:
    """The latest word of a device, for display."""

    at_us: int
    received_us: int
    state: WatchState
    readings: dict[str, float]


@dataclass(slots=True)
class Run:
    """Spans of one state: the last committed one, and those waiting for the flush."""

    known: Piece = (0, 0)
    pending: list[Piece] = field(default_factory=list)

    def add(self, start: int, end: int) -> bool:
        """Take what is new in [start, end); False if nothing is."""
        low, high = self.known
        if low <= start <= high:
            start = high
        if start >= end:
            return False
        if self.pending:
            last_start, last_end = self.pending[-1]
            if start <= last_end and end >= last_start:
                self.pending[-1] = (min(start, last_start), max(end, last_end))
                return True
        self.pending.append((start, end))
        return True

    def learn(self, committed: list[Piece]) -> None:
        """Remember the newest committed span, joined with the one known before."""
        for start, end in committed:
            low, high = self.known
            if start <= high and end >= low:
                self.known = (min(low, start), max(high, end))
            elif start > high:
                self.known = (start, end)


class Track:
    """One device on record, and what it has attested so far."""

    __slots__ = (
        "default_us",
        "device_id",
        "faults",
        "is_waiting",
        "late",
        "latest",
        "must_show",
        "registered_us",
        "retired_us",
        "shown_us",
        "time_zone",
        "watched",
    )

    def __init__(
        self,
        device_id: int,
        *,
        time_zone: str,
        default_us: int,
        registered_us: int,
        retired_us: int | None,
    ) -> None:
        self.device_id = device_id
        self.time_zone = time_zone
        self.default_us = default_us
        self.registered_us = registered_us
        self.retired_us = retired_us
        self.watched = Run()
        self.late: list[Piece] = []
        self.faults: dict[WatchState, Run] = {}
        self.latest: Latest | None = None
        self.shown_us = 0
        self.is_waiting = False
        self.must_show = False

    def attest(self, start: int, end: int, *, state: WatchState, received_us: int) -> bool:
        """Credit [start, end); False if all of it was committed before."""
        if state is not WatchState.OK:
            return self.faults.setdefault(state, Run()).add(start, end)
        low, high = self.watched.known
        if low <= start <= high:
            start = high
        if start >= end:
            return False
        if start < received_us - DEFAULT_LIMITS.lateness_us:
            (late_start, start), (live_start, end) = split_by_arrival(
                start, end, received_us=received_us
            )
            self.late.append((late_start, start))
            start = live_start
        self.watched.add(start, end)
        return True
