"""How far a device's clock is off, from when it says it sent and when that arrived.

A message cannot arrive before it was sent, so one that seems to shows for certain that the clock is
ahead. One that arrives later than it was sent may have been under way; but the quickest of many was
hardly, so the smallest difference in some minutes is the clock's (as NTP's clock filter takes the
sample of least delay). Without `sent`, nothing is known of a clock that is behind.

    difference = received − sent = delay − offset,   offset = device clock − ours
"""

from dataclasses import dataclass
from typing import Final

from shared.domain.heartbeat import DEFAULT_LIMITS, SECOND_US
from shared.domain.states import ClockState

#: Differences are gathered for so long; the estimate looks at the last two stretches.
STRETCH_US: Final = 300 * SECOND_US
#: Up to here a clock is right: nothing is corrected, nobody is bothered.
TOLERATED_AHEAD_US: Final = 2 * SECOND_US
TOLERATED_BEHIND_US: Final = 10 * SECOND_US
#: A clock is called slow only after so many messages over so long.
MIN_SAMPLES: Final = 4
MIN_SPAN_US: Final = 60 * SECOND_US
#: A change at once of more than this is a step, over time a drift.
STEP_US: Final = 5 * SECOND_US
DRIFT_US: Final = 2 * SECOND_US
_FAR: Final = 1 << 62


def is_behind_beyond_doubt(sent_us: int, *, arrived_after_us: int) -> bool:
    """Whether so old a message cannot be corrected: its clock is far behind, or it was held back.

    `arrived_after_us`: the broker cannot have had it before then.
    """
    return arrived_after_us - sent_us > DEFAULT_LIMITS.skew_us


@dataclass(slots=True)
class DeviceClock:
    """The estimate of one device's clock. All in microseconds."""

    began_us: int = 0
    turned_us: int = 0
    last_us: int = 0
    samples: int = 0
    later: int = 0
    says_sent: bool = False
    low_us: int = _FAR
    low_before_us: int = _FAR
    first_offset_us: int | None = None
    state: ClockState = ClockState.RIGHT
    since_us: int = 0
    stepped_us: int = 0

    @property
    def difference_us(self) -> int:
        """The smallest difference lately; 0 before there is any."""
        low = min(self.low_us, self.low_before_us)
        return 0 if low == _FAR else low

    @property
    def offset_us(self) -> int:
        """Device clock minus ours: positive is ahead."""
        return -self.difference_us

    def observe(self, sent_us: int, *, received_us: int, is_sent: bool = True) -> bool:
        """Take one message into account; True if the clock's state changed.

        Where the device does not say when it sent (`is_sent`), the end of what it attests stands
        for that; then a clock that seems behind may be a message that was.
        """
        self.says_sent = is_sent
        if not self.samples:
            self.began_us = self.turned_us = self.since_us = received_us
        if received_us - self.turned_us >= STRETCH_US:
            self._turn(received_us)
        self._notice_step(received_us - sent_us, received_us)
        self.samples += 1
        self.last_us = received_us
        self.low_us = min(self.low_us, received_us - sent_us)
        return self._judge(received_us)

    def correction_us(self) -> int:
        """What to add to the device's instants to get ours, within the limit of ±120 s."""
        difference = self.difference_us
        if difference < -TOLERATED_AHEAD_US:
            return max(difference, -DEFAULT_LIMITS.skew_us)
        if self._is_slow():
            return min(difference, DEFAULT_LIMITS.skew_us)
        return 0

    def _is_slow(self) -> bool:
        return (
            self.says_sent
            and self.difference_us > TOLERATED_BEHIND_US
            and self.samples >= MIN_SAMPLES
            and self.last_us - self.began_us >= MIN_SPAN_US
        )

    def _notice_step(self, difference_us: int, received_us: int) -> None:
        """Before it was sent, and not so until now: set forward. Later, time and again: back."""
        if not self.samples:
            return
        self.later = self.later + 1 if difference_us > self.difference_us + STEP_US else 0
        is_sooner = difference_us < min(self.difference_us - STEP_US, -TOLERATED_AHEAD_US)
        if is_sooner or self.later >= MIN_SAMPLES:
            self._step(received_us)

    def _turn(self, received_us: int) -> None:
        """A new stretch begins; if one passed without a word, the one before says nothing."""
        is_next = received_us - self.turned_us < 2 * STRETCH_US
        if self.first_offset_us is None and self.samples >= MIN_SAMPLES:
            self.first_offset_us = self.offset_us
        self.low_before_us, self.low_us = (self.low_us if is_next else _FAR), _FAR
        self.turned_us = received_us

    def _step(self, received_us: int) -> None:
        """What was measured before the step says nothing of the clock now."""
        self.stepped_us = received_us
        self.later = 0
        self.low_us = self.low_before_us = _FAR
        self.first_offset_us = None

    def _judge(self, received_us: int) -> bool:
        state = self._state(received_us)
        if state is self.state:
            return False
        self.state, self.since_us = state, received_us
        return True

    def _state(self, received_us: int) -> ClockState:
        if self.stepped_us and received_us - self.stepped_us < 2 * STRETCH_US:
            return ClockState.STEPPED
        if self.difference_us < -TOLERATED_AHEAD_US:
            return ClockState.AHEAD
        if self._is_slow():
            return ClockState.BEHIND
        if (
            self.first_offset_us is not None
            and abs(self.offset_us - self.first_offset_us) > DRIFT_US
        ):
            return ClockState.DRIFTING
        return ClockState.RIGHT
