"""What every dialect takes and gives: a message as it was heard, and what it states.

A dialect is pure: it knows neither clock nor database. What it must remember of a sender (aliases,
the last full status) is a dictionary that the caller keeps for it, one per sender and prefix; it
may be empty at any time, for workers share the work and forget with a restart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias

from shared.domain.states import Hint, WatchState

NOTHING_READ: Final[Mapping[str, float]] = MappingProxyType({})
Memory: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """One message. `topic` is what follows the rule's prefix; `received_us` our clock."""

    topic: str
    payload: bytes
    received_us: int
    is_retained: bool = False


@dataclass(frozen=True, slots=True)
class Attestation:
    """The device of that foreign name watched over [since, at), in `state`.

    `at_us` is never later than it was received. Without `since_us` the span is the device's own
    registered interval. A reading is for display: battery (percent), rssi (dBm), fps.
    """

    name: str
    at_us: int
    since_us: int | None = None
    state: WatchState = WatchState.OK
    readings: Mapping[str, float] = field(default_factory=lambda: NOTHING_READ)


@dataclass(frozen=True, slots=True)
class Condition:
    """A fault or a hint that begins to hold at `at_us`, or ceases to.

    While a fault holds, whatever the device attests is impaired by it.
    """

    name: str
    condition: WatchState | Hint
    holds: bool
    at_us: int


Statement: TypeAlias = Attestation | Condition


class UnreadableError(ValueError):
    """The message is not what the dialect documents; the text says what was expected."""


class Dialect(Protocol):
    """A module of this package, by its functions."""

    def read(self, heard: Heard, memory: Memory) -> list[Statement]:
        """What the message states; nothing if it is none of our business.

        Raises UnreadableError. A retained message states no attestation, whatever it says.
        """
        ...
