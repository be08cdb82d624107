"""How quickly everything goes: as in earnest, or so that a sample takes seconds."""

from dataclasses import dataclass
from typing import Final

from shared.domain.incidents import BLIND_AFTER, HOLD


@dataclass(frozen=True, slots=True)
class Pace:
    """How often devices tell, which hole is tolerated, and how long the service waits."""

    interval_s: int
    tolerated_s: int
    second_step_s: int
    blind_after_s: float
    hold_s: float
    lasts_s: float

    @property
    def is_hurried(self) -> bool:
        """Whether the service has to wait for less than it does in earnest."""
        return self.hold_s < HOLD.total_seconds()

    @property
    def shows_within_s(self) -> float:
        """After the return, by when anything untrue would have been told."""
        return self.interval_s + self.tolerated_s + self.hold_s + 3


def in_earnest(lasts_s: float) -> Pace:
    return Pace(
        interval_s=30,
        tolerated_s=60,
        second_step_s=300,
        blind_after_s=BLIND_AFTER.total_seconds(),
        hold_s=HOLD.total_seconds(),
        lasts_s=lasts_s,
    )


SAMPLE: Final = Pace(
    interval_s=2, tolerated_s=5, second_step_s=300, blind_after_s=4, hold_s=2, lasts_s=10
)
#: Longer than is tolerated, and not long enough for more.
CONTROL: Final = Pace(
    interval_s=1, tolerated_s=3, second_step_s=300, blind_after_s=5, hold_s=2, lasts_s=7
)
