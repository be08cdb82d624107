"""What really happens to a device and a link: when it watches, in which state, when it is cut."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

import msgspec

from services.cli.simulate.clocks import MILLISECOND_US
from services.cli.simulate.options import NEVER, Trouble
from shared.domain.states import WatchState

Span = tuple[int, int]
FAULTS: Final = tuple(state for state in WatchState if state is not WatchState.OK)
_POWER, _PICTURE, _CLOCK = range(3)


class Watch(msgspec.Struct, frozen=True, gc=False):
    """The device watched over [start, end) in one state; `run` counts how often it was off."""

    start_us: int
    end_us: int
    state: WatchState
    run: int


def spells(random: Random, trouble: Trouble) -> Iterator[Span]:
    """When the trouble is there, in order and for ever; its lengths are exponential."""
    if not trouble.share:
        return
    well_s = trouble.mean_s * (1 - trouble.share) / trouble.share
    at_us = 0
    while True:
        start_us = at_us + _drawn(random, well_s)
        at_us = start_us + _drawn(random, trouble.mean_s)
        yield start_us, at_us


@dataclass(frozen=True, slots=True)
class Fate:
    """What may happen to a device: off, a picture of no use, and by which faults."""

    off: Trouble = NEVER
    faulty: Trouble = NEVER
    faults: Sequence[WatchState] = FAULTS


def watches(random: Random, fate: Fate, *, steps: Iterator[int], end_us: int) -> Iterator[Watch]:
    """Everything a device watches until the end, in order; a step of its clock ends a watch."""
    edges = heapq.merge(
        _edges(_POWER, spells(random, fate.off)),
        _edges(_PICTURE, spells(random, fate.faulty)),
        ((at_us, _CLOCK, True) for at_us in steps),
    )
    since_us, run, is_on, state = 0, 0, True, WatchState.OK
    for at_us, what, begins in edges:
        if at_us >= end_us:
            break
        if is_on and since_us < at_us:
            yield Watch(since_us, at_us, state, run)
        since_us = at_us
        if what == _POWER:
            is_on = not begins
            run += begins
        elif what == _PICTURE:
            state = random.choice(fate.faults) if begins else WatchState.OK
    if is_on and since_us < end_us:
        yield Watch(since_us, end_us, state, run)


@dataclass(slots=True)
class Memory:
    """A life as far as it was lived, without what was told for good."""

    ahead: Iterator[Watch]
    coming: Watch | None
    untold: list[Watch] = field(default_factory=list)

    @classmethod
    def of(cls, ahead: Iterator[Watch]) -> "Memory":
        return cls(ahead, next(ahead, None))

    def live(self, until_us: int) -> Iterator[Watch]:
        """What began before that instant, and was not known to have begun."""
        while self.coming is not None and self.coming.start_us < until_us:
            yield self.coming
            self.untold.append(self.coming)
            self.coming = next(self.ahead, None)

    def forget(self, told_us: int) -> None:
        if self.untold and self.untold[0].end_us <= told_us:
            self.untold = [watch for watch in self.untold if watch.end_us > told_us]

    def now(self, at_us: int) -> Watch | None:
        """The watch that goes on at that instant."""
        last = self.untold[-1] if self.untold else None
        return last if last is not None and last.end_us >= at_us else None


def _edges(what: int, spans: Iterator[Span]) -> Iterator[tuple[int, int, bool]]:
    for start_us, end_us in spans:
        yield start_us, what, True
        yield end_us, what, False


def _drawn(random: Random, mean_s: float) -> int:
    """At least a millisecond, in whole milliseconds."""
    return (1 + round(random.expovariate(1 / mean_s) * 1_000)) * MILLISECOND_US
