"""How much one sender may say: a burst as large as a week of backlog, then a steady rate.

What is beyond is not credited and not acknowledged end to end, so an honest sender keeps it and
tells it again; a flood costs us a subtraction a message and nobody else anything.
"""

from dataclasses import dataclass
from typing import Final

from shared.domain.heartbeat import SECOND_US

#: A message of more bytes than this counts as several.
COUNTED_BYTES: Final = 4_096


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `burst` messages at once, `per_s` a second in the long run."""

    burst: int
    per_s: float


#: Seven days of a beat every 30 s, told one by one, are 20,160 messages.
OF_A_DEVICE: Final = Limit(25_000, 20)
OF_A_FACILITY: Final = Limit(250_000, 400)
#: Entries in messages of one gateway: each is as much work as a message. A week of sixteen devices
#: told one by one is through in three minutes, and costs others a fifth of a second at once.
OF_A_GATEWAY: Final = Limit(25_000, 2_000)
#: What verifying one signature counts as, in messages: a device's week of backlog is through in
#: three quarters of an hour at worst, and a whole facility's flood costs others seven seconds.
SIGNATURE_OF_A_DEVICE: Final = 2
SIGNATURE_OF_A_FACILITY: Final = 4


class Budget:
    """What is left for one sender. Filled up only when it is empty, which honest ones never see."""

    __slots__ = ("_filled_us", "_left", "_limit")

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._left = limit.burst
        #: Unknown until it is empty for the first time.
        self._filled_us: int | None = None

    def allows(self, cost: int, now_us: int) -> bool:
        self._left -= cost
        return self._left >= 0 or self._fill(cost, now_us)

    def _fill(self, cost: int, now_us: int) -> bool:
        self._left += cost
        if self._filled_us is None:
            self._filled_us = now_us
        earned = int(max(now_us - self._filled_us, 0) * self._limit.per_s / SECOND_US)
        if earned:
            self._left = min(self._left + earned, self._limit.burst)
            self._filled_us = now_us
        if self._left < cost:
            return False
        self._left -= cost
        return True
