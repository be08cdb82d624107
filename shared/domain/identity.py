"""Which start of a device is speaking: finds clones and rollbacks by boot id and sequence number.

    nothing known ──first message──▶ current boot ──a boot never seen──▶ that one is current,
                                                                         the other is former
    current boot:  the higher the number, the later the time; a lower number that attests a time
                   later by more than a clock may be put right was counted back: rollback
    former boot:   what it attests of its own time is a backlog; what it attests of the time after
                   it was succeeded shows that both are alive: clone

Both rules look at pairs of messages only, so they hold whatever part of them a worker has seen, in
whatever order. They may miss, they never accuse for disorder or repeats.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from shared.domain.heartbeat import DEFAULT_LIMITS, SECOND_US

#: Clocks may disagree that much about when one boot followed another.
TOLERANCE_US: Final = 60 * SECOND_US
#: A clock ahead may be set right by so much between two messages, and we may hear the later first.
SET_BACK_US: Final = DEFAULT_LIMITS.skew_us
#: After a clone was seen, neither of the two counts as proven for so long (FAULTS F69).
DOUBT_US: Final = 600 * SECOND_US
#: So many earlier boots are remembered.
MOST_FORMER: Final = 8


class Finding(StrEnum):
    """What a message shows of who sent it."""

    GOOD = "good"
    CLONE = "clone"
    ROLLBACK = "rollback"


@dataclass(slots=True)
class Identity:
    """The current boot of a device and how far it has come; `former`: boot, succeeded at (µs).

    `at_us` is as the device said it: a repeat says the same, however its clock is judged by then.
    """

    boot: str
    began_us: int
    seq: int
    at_us: int
    former: dict[str, int] = field(default_factory=dict)
    doubted_until_us: int = 0

    def find(self, boot: str, seq: int, *, said_us: int, at_us: int) -> Finding:
        """Judge a message without learning from it, by the end of what it attests.

        `said_us` is that as the device said it, `at_us` in our time.
        """
        if boot == self.boot:
            is_counted_back = seq <= self.seq and said_us > self.at_us + SET_BACK_US
            return Finding.ROLLBACK if is_counted_back else Finding.GOOD
        succeeded_us = self.former.get(boot)
        if succeeded_us is not None and at_us > succeeded_us + TOLERANCE_US:
            return Finding.CLONE
        return Finding.GOOD

    def learn(self, boot: str, seq: int, *, said_us: int, received_us: int) -> bool:
        """Remember a good message; True if a new boot took over."""
        if boot == self.boot:
            # Only what is numbered higher: else one that counts back would take the time along.
            if seq > self.seq:
                self.seq, self.at_us = seq, max(self.at_us, said_us)
            return False
        if boot in self.former:
            return False
        self.former[self.boot] = received_us
        while len(self.former) > MOST_FORMER:
            del self.former[next(iter(self.former))]
        self.boot, self.began_us, self.seq, self.at_us = boot, received_us, seq, said_us
        return True

    def doubt(self, received_us: int) -> None:
        """A clone was seen: for a while nothing of this device is proven."""
        self.doubted_until_us = received_us + DOUBT_US

    def is_doubted(self, received_us: int) -> bool:
        return received_us < self.doubted_until_us


def begun(boot: str, seq: int, *, said_us: int, received_us: int) -> Identity:
    """The first that is heard of a device."""
    return Identity(boot, received_us, seq, said_us)
