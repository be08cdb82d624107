"""When each message is to go out, whatever the system does, and by how much we were late ourselves.

The rhythm is the plan's alone: a slow system never slows the sender down (open loop), so what it
makes wait is seen and not hidden.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from shared.domain.heartbeat import SECOND_US

_KEPT_BITS: Final = 6


@dataclass(slots=True)
class Pace:
    """From the plan's time to ours: `speed` times as fast, at most `rate` messages a second."""

    began_us: int
    speed: float = 1.0
    rate: float | None = None
    _free_us: float = 0.0

    def leaves_at(self, due_us: int) -> int:
        """When a message due at that time of the plan may leave."""
        return max(self.began_us + round(due_us / self.speed), round(self._free_us))

    def has_left(self, at_us: int) -> None:
        """One more has gone; with a cap, the next must keep its distance."""
        if self.rate is not None:
            # From where the cap left off, so that waking up late does not lower the rate.
            self._free_us = max(self._free_us, at_us - SECOND_US) + SECOND_US / self.rate


def history_us(seconds: float, speed: float) -> int:
    """How far back a plan of that length begins, so that it ends in the present."""
    return round(seconds * (1 - 1 / speed) * SECOND_US)


@dataclass(slots=True)
class Lateness:
    """How late messages left, in microseconds, to two digits or better."""

    _counts: Counter[int] = field(default_factory=Counter)
    most_us: int = 0

    def add(self, late_us: int) -> None:
        late_us = max(0, late_us)
        self.most_us = max(self.most_us, late_us)
        shift = max(0, late_us.bit_length() - _KEPT_BITS)
        self._counts[late_us >> shift << shift] += 1

    def quantile_us(self, share: float) -> int:
        """At least that share of all were no later than about this."""
        rest = share * self._counts.total()
        for late_us, count in sorted(self._counts.items()):
            rest -= count
            if rest <= 0:
                return late_us
        return self.most_us
