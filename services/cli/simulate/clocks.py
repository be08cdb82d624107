"""A device's clock: right, or wrong in one of the ways that clocks are."""

from collections.abc import Iterator
from enum import StrEnum
from random import Random
from typing import Final

import msgspec

from shared.domain.heartbeat import SECOND_US

MILLISECOND_US: Final = 1_000
_HOUR_US: Final = 3_600 * SECOND_US


class ClockFault(StrEnum):
    """How a clock is wrong: by as much always, more and more, or now and again not at all."""

    NONE = "none"
    OFFSET = "offset"
    DRIFT = "drift"
    STEP = "step"


class Clock(msgspec.Struct, frozen=True):
    """Tells device time minus ours, in microseconds, at any instant since the run began.

    `error_us` is the error: of an offset, of each other period of a stepping clock, and after an
    hour of a drifting one. It is a whole number of milliseconds, as devices tell the time.
    """

    fault: ClockFault = ClockFault.NONE
    error_us: int = 0
    period_us: int = _HOUR_US

    @property
    def is_right(self) -> bool:
        return self.fault is ClockFault.NONE

    def error_at(self, at_us: int) -> int:
        match self.fault:
            case ClockFault.NONE:
                return 0
            case ClockFault.OFFSET:
                return self.error_us
            case ClockFault.DRIFT:
                grown_us = at_us * self.error_us // _HOUR_US
                return grown_us - grown_us % MILLISECOND_US
            case ClockFault.STEP:
                return self.error_us if at_us // self.period_us % 2 else 0

    def told_at(self, at_us: int) -> int:
        """What it shows where a watch ends; set at that instant, it shows what it did before."""
        return at_us + self.error_at(at_us - 1)

    def steps(self) -> Iterator[int]:
        """When it is set: an unbroken watch by this clock ends there, and another begins."""
        at_us = self.period_us
        while self.fault is ClockFault.STEP:
            yield at_us
            at_us += self.period_us


RIGHT: Final = Clock()


def drawn(random: Random, *, share: float, error_s: float, run_us: int) -> Clock:
    """A wrong clock for that share of the speakers. Within one run every fault shows."""
    if random.random() >= share:
        return RIGHT
    fault = random.choice((ClockFault.OFFSET, ClockFault.DRIFT, ClockFault.STEP))
    error_us = round(random.uniform(-error_s, error_s) * 1_000) * MILLISECOND_US
    if fault is ClockFault.DRIFT:
        error_us = error_us * _HOUR_US // max(run_us, SECOND_US)
    period_us = round(run_us / random.uniform(2, 6) / MILLISECOND_US) * MILLISECOND_US
    return Clock(fault, error_us, max(period_us, SECOND_US))
