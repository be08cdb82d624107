"""What one device attested: what is committed already, and what the next flush adds.

Whatever a heartbeat repeats of what is committed costs nothing more, so a cumulative `since` that
reaches back for days is as cheap as one that reaches back for seconds. Leaving committed time out
is safe because coverage is a union.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import msgspec

from services.ingest.limits import OF_A_DEVICE, OF_A_FACILITY, OF_A_GATEWAY, Budget
from shared.contracts.adapters.base import Memory
from shared.contracts.adapters.rules import RuleBook
from shared.domain.device_clock import DeviceClock
from shared.domain.heartbeat import DAY_US, DEFAULT_LIMITS, split_by_arrival
from shared.domain.identity import Identity
from shared.domain.states import WatchState

Piece = tuple[int, int]

#: So many pieces that touch nothing known a device may add in a day. Whoever adds more does not
#: watch, it wears the database out: every one makes the day's row longer, and each flush rewrites
#: it. A device that is cut off and back every five seconds adds 17,280.
MOST_FRAGMENTS: Final = 20_000


#: When a camera may record that nobody has allowed, and until when one for which no end is set.
NEVER: Final[Piece] = (0, 0)
FOR_EVER_US: Final = 1 << 62

#: One for all, and a dictionary: it is written as JSON.
NOTHING_READ: Final[Mapping[str, float]] = {}


class Kind(IntEnum):
    """Which of a device-day's multiranges a piece belongs to."""

    WATCHED = 0
    LATE = 1
    IMPAIRED = 2
    PROVEN = 3


class Latest(msgspec.Struct, frozen=True, gc=False):
    """The latest word of a device, for display."""

    at_us: int
    received_us: int
    state: WatchState
    readings: Mapping[str, float]

    def shown(self) -> "Latest":
        """What is still needed of it once it is committed: its time and state."""
        return Latest(self.at_us, self.received_us, self.state, NOTHING_READ)


@dataclass(slots=True)
class Held:
    """A fault or hint that holds, or that ceased: since when, and whether it must be told."""

    since_us: int
    holds: bool
    must_tell: bool = False


class Run:
    """Spans of one kind: the last committed one, and those waiting for the flush."""

    __slots__ = ("known", "pending")

    def __init__(self) -> None:
        self.known: Piece = (0, 0)
        self.pending: list[Piece] = []

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

    def goes_on(self, start: int, end: int) -> bool:
        """The common case, first: it goes on from the last piece. False if nothing was done."""
        if not self.pending:
            return False
        last_start, last_end = self.pending[-1]
        if not last_start <= start <= last_end:
            return False
        if end > last_end:
            self.pending[-1] = (last_start, end)
        return True

    def learn(self, committed: list[Piece]) -> None:
        """Remember the newest committed span, joined with the one known before."""
        for start, end in committed:
            low, high = self.known
            if start <= high and end >= low:
                self.known = (min(low, start), max(high, end))
            elif start > high:
                self.known = (start, end)


@dataclass(slots=True, eq=False)
class Site:
    """A facility, as far as its devices' messages go."""

    code: str
    time_zone: str
    requires_signature: bool = False
    devices: dict[str, "Track"] = field(default_factory=dict)
    budget: Budget = field(default_factory=lambda: Budget(OF_A_FACILITY))


class Track:
    """One device on record, and what it has attested so far."""

    __slots__ = (
        "approved_us",
        "budget",
        "clock",
        "code",
        "conditions",
        "default_us",
        "device_id",
        "entries",
        "faults",
        "fragments",
        "fragments_since_us",
        "has_news",
        "identity",
        "is_gateway",
        "is_waiting",
        "keys",
        "late",
        "latest",
        "memory",
        "must_show",
        "noted_us",
        "proven",
        "registered_us",
        "retired_us",
        "rules",
        "shown_us",
        "site",
        "watched",
    )

    def __init__(
        self,
        device_id: int,
        code: str,
        site: Site,
        *,
        default_us: int,
        registered_us: int,
        retired_us: int | None = None,
    ) -> None:
        self.device_id = device_id
        self.code = code
        self.site = site
        self.default_us = default_us
        self.registered_us = registered_us
        self.retired_us = retired_us
        self.is_gateway = False
        self.approved_us: Piece | None = None  # when a camera may record; others need no leave
        self.keys: tuple[bytes, ...] = ()
        self.rules: RuleBook | None = None
        self.budget = Budget(OF_A_DEVICE)
        self.entries: Budget | None = None
        self.watched = Run()
        self.late: list[Piece] = []
        self.latest: Latest | None = None
        self.shown_us = 0
        self.is_waiting = False
        self.must_show = False
        # What few devices need is made when it is needed: there may be a hundred thousand.
        self.proven: Run | None = None
        self.faults: dict[WatchState, Run] | None = None
        self.identity: Identity | None = None
        self.clock: DeviceClock | None = None
        self.conditions: dict[str, Held] | None = None
        self.memory: Memory | None = None
        self.fragments = 0
        self.fragments_since_us = 0
        #: Whether identity, clock or conditions are to be written, and when they last were.
        self.has_news = False
        self.noted_us = 0

    def attest(self, start: int, end: int, *, state: WatchState, received_us: int) -> bool:
        """Credit [start, end); False if all of it was committed before."""
        if state is not WatchState.OK:
            return self.impair(start, end, state)
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
            self.fragments += late_start != high
            start = live_start
        if not self.watched.goes_on(start, end):
            self._add(self.watched, start, end)
        return True

    def may_record(self, now_us: int) -> bool:
        return self.approved_us is None or self.approved_us[0] <= now_us < self.approved_us[1]

    def may_tell(self, entries: int, now_us: int) -> bool:
        """Whether this gateway may say so much in one message."""
        if self.entries is None:
            self.entries = Budget(OF_A_GATEWAY)
        return self.entries.allows(entries, now_us)

    def impair(self, start: int, end: int, fault: WatchState) -> bool:
        """Credit [start, end) as not usable; False if that is nothing new."""
        if self.faults is None:
            self.faults = {}
        return self._add(self.faults.setdefault(fault, Run()), start, end)

    def _add(self, run: Run, start: int, end: int) -> bool:
        """Add to a run, and count a piece that touches nothing known."""
        pieces = len(run.pending)
        is_new = run.add(start, end)
        self.fragments += len(run.pending) > pieces and start != run.known[1]
        return is_new

    def is_shattering(self, now_us: int) -> bool:
        """Whether it has added more pieces than a day may have; asked only when it may be."""
        if self.fragments_since_us and now_us - self.fragments_since_us >= DAY_US:
            self.fragments = self.fragments_since_us = 0
        elif not self.fragments_since_us:
            self.fragments_since_us = now_us
        return self.fragments > MOST_FRAGMENTS

    def prove(self, start: int, end: int) -> bool:
        if self.proven is None:
            self.proven = Run()
        return self.proven.add(start, end)
